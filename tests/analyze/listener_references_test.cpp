// What analyze says about the references of the Gateway API's listeners.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_listener_references_test {

using namespace sni;

namespace {

using Lines = std::vector<std::string>;

/// The findings of one code, as "level code object line" without the line.
Lines about_listeners(std::string_view reference, const std::string& more = {},
                      std::string_view kinds = {}) {
    const std::string gateway = test::document(
        "gateway.networking.k8s.io/v1", "Gateway", "api",
        "spec:\n  gatewayClassName: istio\n  listeners:\n  - name: web\n    port: 443\n"
        "    protocol: HTTPS\n    tls: {certificateRefs: [" +
            std::string(reference) + "]}\n" +
            (kinds.empty() ? std::string()
                           : "    allowedRoutes: {kinds: [{kind: " + std::string(kinds) + "}]}"));
    Lines found;
    for (const std::string& line : test::lines(test::analyzed(gateway + more))) {
        if (!line.contains("X-LISTENER")) continue;
        found.push_back(line.substr(0, line.rfind(' ')));
    }
    return found;
}

std::string secret(std::string_view data) {
    return test::document("v1", "Secret", "web", "stringData: {" + std::string(data) + "}");
}

}  // namespace

TEST_CASE("a certificate that is not in the files is unknown, not absent", "[analyze]") {
    CHECK(about_listeners("{name: web}") == Lines{"info X-LISTENER Gateway ns/api"});
}

TEST_CASE("a certificateRef that leads to no certificate is an error", "[analyze]") {
    CHECK(about_listeners("{name: web}", secret("other: x")) ==
          Lines{"error X-LISTENER Gateway ns/api"});
    CHECK(about_listeners("{kind: ConfigMap, name: web}") ==
          Lines{"error X-LISTENER Gateway ns/api"});
}

TEST_CASE("a foreign Secret needs a grant", "[analyze]") {
    CHECK(about_listeners("{name: web, namespace: far}") ==
          Lines{"error X-LISTENER Gateway ns/api"});
}

TEST_CASE("a kind of route that a listener cannot have is told", "[analyze]") {
    CHECK(about_listeners("{name: web}", secret("tls.crt: x"), "TLSRoute") ==
          Lines{"warning X-LISTENER Gateway ns/api"});
}

TEST_CASE("of several certificateRefs the one that is at fault is pointed at", "[analyze]") {
    const auto finding_of = [](std::string_view references, const std::string& more) {
        const std::string gateway = test::document(
            "gateway.networking.k8s.io/v1", "Gateway", "api",
            "spec:\n  gatewayClassName: istio\n  listeners:\n  - name: web\n    port: 443\n"
            "    protocol: HTTPS\n    tls: {certificateRefs: [" +
                std::string(references) + "]}\n");
        for (const auto& found : test::analyzed(gateway + more).findings) {
            if (found.diagnostic.code == "X-LISTENER") return found.diagnostic;
        }
        return Diagnostic{};
    };
    // The second one may be in the cluster, and is enough then.
    const Diagnostic missing = finding_of("{name: web}, {name: gone}", secret("other: x"));
    CHECK(missing.level == Level::info);
    CHECK_THAT(missing.message, test::Contains("\"ns/gone\""));
    const Diagnostic odd = finding_of("{kind: ConfigMap, name: a}, {name: b, namespace: far}", {});
    CHECK(odd.level == Level::error);
    CHECK_THAT(odd.why, test::Contains("ConfigMap"));
    const Diagnostic many =
        finding_of("{name: web}, {name: web}, {name: web}", secret("tls.crt: x, tls.key: y"));
    CHECK(many.level == Level::error);
    const Diagnostic foreign = finding_of("{name: b, namespace: far}, {name: web}", secret("o: x"));
    CHECK_THAT(foreign.message, test::Contains("\"far/b\""));
}

}  // namespace analyze_listener_references_test
