// Of several DestinationRules for one host, which holds for a gateway: where it stands, whom its
// workloadSelector takes, and how old it is.
#include "lab/lookup/destination_rules.h"

#include <string>
#include <string_view>

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"

namespace lookup_destination_rules_test {

using namespace sni;

namespace {

constexpr const char* kHost = "a.ns.svc.cluster.local";

std::string rule(std::string_view name, std::string_view ns, std::string_view host,
                 std::string_view spec, std::string_view created = "") {
    return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) +
           (created.empty() ? "" : ", creationTimestamp: '" + std::string(created) + "'") +
           "}\nspec: {host: '" + std::string(host) + "', " + std::string(spec) + "}\n";
}

std::string tls(std::string_view mode) {
    return "trafficPolicy: {tls: {mode: " + std::string(mode) + "}}";
}

/// What a gateway in that namespace puts around a connection to port 443 of kHost, and by whose
/// rule.
std::string around(const std::string& text, const std::string& gateway = "istio-system",
                   const lookup::Environment& environment = {}) {
    const auto parsed = manifest::parse_manifests({{"a.yaml", text}}, "default");
    REQUIRE(parsed.diagnostics.empty());
    lookup::Target target;
    target.ns = "ns";
    target.name = "a";
    target.port = 443;
    const auto way =
        lookup::DestinationRules(parsed.manifest, environment).on_the_way(target, gateway);
    if (!way.rule) return "no rule";
    return (way.tls ? way.tls->mode.value : "nothing") + " by " + way.rule->meta.path();
}

}  // namespace

TEST_CASE("rules for the whole mesh come after those of the Service's own namespace", "[lookup]") {
    const std::string mesh = rule("mesh", "istio-system", "*.local", tls("ISTIO_MUTUAL"));
    const std::string own = rule("own", "ns", "a", tls("DISABLE"));
    CHECK(around(mesh) == "ISTIO_MUTUAL by istio-system/mesh");
    CHECK(around(mesh + own) == "DISABLE by ns/own");
    CHECK(around(mesh + own, "edge") == "DISABLE by ns/own");
    CHECK(around(rule("mesh", "istio-system", kHost, tls("SIMPLE")) + own) == "DISABLE by ns/own");
    // Where the gateway's namespace is not Istio's own, its rules come first.
    CHECK(around(rule("edge", "edge", "*.local", tls("SIMPLE")) + own, "edge") ==
          "SIMPLE by edge/edge");
    // And there, too, where they are for nobody else.
    CHECK(around(rule("mesh", "istio-system", "*.local", tls("SIMPLE") + ", exportTo: [.]") +
                 own) == "SIMPLE by istio-system/mesh");
}

TEST_CASE("a rule with a workloadSelector holds for those whom it takes", "[lookup]") {
    const auto for_app = [](std::string_view ns, std::string_view app) {
        return rule(
            "few", ns, kHost,
            tls("SIMPLE") + ", workloadSelector: {matchLabels: {istio: " + std::string(app) + "}}");
    };
    const std::string own = rule("own", "ns", "a", tls("DISABLE"));
    CHECK(around(for_app("ns", "ingressgateway") + own) == "DISABLE by ns/own");
    CHECK(around(for_app("ns", "ingressgateway")) == "no rule");
    CHECK(around(for_app("istio-system", "ingressgateway") + own) == "SIMPLE by istio-system/few");
    // It hides what other namespaces have even where it takes somebody else.
    CHECK(around(for_app("istio-system", "other") + own) == "no rule");
    CHECK(around(for_app("istio-system", "other") +
                 rule("all", "istio-system", kHost, tls("DISABLE") + ", exportTo: [.]")) ==
          "DISABLE by istio-system/all");
}

TEST_CASE("of the rules of one namespace for one host the oldest trafficPolicy counts",
          "[lookup]") {
    const std::string young = rule("a", "ns", "a", tls("SIMPLE"), "2025-01-01T00:00:00Z");
    const std::string old = rule("b", "ns", "a", tls("DISABLE"), "2024-01-01T00:00:00Z");
    CHECK(around(young + old) == "DISABLE by ns/b");
    CHECK(around(young + rule("b", "ns", "a", "subsets: [{name: v1}]", "2024-01-01T00:00:00Z")) ==
          "SIMPLE by ns/a");
    CHECK(around(young + rule("b", "ns", "a", "trafficPolicy: {loadBalancer: {simple: RANDOM}}",
                              "2024-01-01T00:00:00Z")) == "nothing by ns/b");
}

TEST_CASE("a rule for this host that is for others hides one for more hosts beside it",
          "[lookup]") {
    const std::string others = rule("few", "ns", "a", tls("SIMPLE") + ", exportTo: [other]");
    const std::string more = rule("more", "ns", "*.ns.svc.cluster.local", tls("SIMPLE"));
    CHECK(around(others + more) == "no rule");
    CHECK(around(others + more + rule("mesh", "istio-system", "*", tls("DISABLE"))) ==
          "DISABLE by istio-system/mesh");
    CHECK(around(more) == "SIMPLE by ns/more");
}

TEST_CASE("a gateway that is not Istio's has no DestinationRules", "[lookup]") {
    CHECK(around(rule("own", "ns", "a", tls("SIMPLE")), "") == "no rule");
}

}  // namespace lookup_destination_rules_test
