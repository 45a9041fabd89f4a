#include "lab/manifest/crds.h"

#include "tests/support/catch.h"

namespace manifest_crds_test {

using namespace sni::manifest;

namespace {

std::string oldest(int istio, const std::string& kind, const std::string& bundle) {
    const Versions versions{.istio = istio};
    return oldest_read(versions, {{kind + ".gateway.networking.k8s.io", {}}, {bundle, {}}});
}

}  // namespace

TEST_CASE("Istio leaves definitions alone that are older than it reads", "[manifest]") {
    CHECK(oldest(30, "tlsroutes", "v1.4.0") == "1.5");
    CHECK(oldest(30, "tlsroutes", "v1.5.0").empty());
    CHECK(oldest(29, "tlsroutes", "v1.4.0").empty());
    CHECK(oldest(31, "tcproutes", "v1.5.1") == "1.6");
    CHECK(oldest(30, "tcproutes", "v1.5.1").empty());
    CHECK(oldest(31, "gateways", "v1.0.0").empty());
    CHECK(oldest(31, "tlsroutes", "of my own").empty());
}

}  // namespace manifest_crds_test
