// Who has a sidecar, by what pods and their namespace say.
#include "lab/lookup/sidecars.h"

#include <string>
#include <string_view>

#include "lab/lookup/destination_rules.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace lookup_sidecars_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

std::string ns(std::string_view labels) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {" +
           std::string(labels) + "}}\n";
}

/// What `ask` says of a name whose backend a rule with ISTIO_MUTUAL is for.
bool is_wrapped(const std::string& space, std::string_view pod = "app: a") {
    const std::string text = test::replaced(workload("a"), "metadata: {labels: {app: a}}",
                                            "metadata: {labels: {" + std::string(pod) + "}}");
    const test::Routed routed(space + text + gateway("gw", server("a.org")) +
                              service("vs", "a.org", rule("a.org")) +
                              destination_rule("a", "tls: {mode: ISTIO_MUTUAL}"));
    const auto answer = routed.ask("a.org");
    REQUIRE(answer.destinations.size() == 1);
    return !answer.destinations.front().wrapped.empty();
}

}  // namespace

TEST_CASE("the mesh's TLS is opened where pods or their namespace have sidecars", "[lookup]") {
    const std::string plain = ns("team: x");
    CHECK(is_wrapped(plain));
    CHECK_FALSE(is_wrapped(""));
    CHECK_FALSE(is_wrapped(ns("istio-injection: enabled")));
    CHECK_FALSE(is_wrapped(plain, "app: a, sidecar.istio.io/inject: \"true\""));
    CHECK(is_wrapped(ns("istio-injection: enabled"), "app: a, sidecar.istio.io/inject: \"false\""));
    CHECK(is_wrapped("", "app: a, sidecar.istio.io/inject: \"false\""));
    CHECK(is_wrapped(ns("istio-injection: disabled")));
    // The ambient mesh has a ztunnel in place of sidecars.
    CHECK_FALSE(is_wrapped(ns("istio.io/dataplane-mode: ambient")));
}

TEST_CASE("a pod that was injected has a sidecar, whatever is asked for since", "[lookup]") {
    manifest::Manifest none;
    manifest::Deployment pod;
    pod.meta.annotations = {{"sidecar.istio.io/status", "{}"}};
    pod.pod.labels.value = {{"sidecar.istio.io/inject", "false"}};
    CHECK(lookup::Sidecars(none).of("ns", {&pod}) == lookup::Injected::yes);
    CHECK(lookup::Sidecars(none).of("ns", {}) == lookup::Injected::unknown);
}

}  // namespace lookup_sidecars_test
