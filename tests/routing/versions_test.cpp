// What the releases that a cluster runs make of the same manifests.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace routing_versions_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

constexpr const char* kOnlyA = "routed ns/a:443->8443*1";

lookup::Environment cluster(std::string_view istio, std::string_view gateway_api) {
    lookup::Environment environment;
    CHECK(manifest::choose_istio(istio, environment.versions));
    CHECK(manifest::choose_gateway_api(gateway_api, environment.versions));
    return environment;
}

/// What becomes of a.org, without what reading told.
std::string outcome(const std::string& text, const lookup::Environment& environment) {
    const Routed routed(text, environment);
    const std::string all = routed.to("a.org");
    return all.substr(routed.mistakes().size());
}

std::string of_version(std::string_view version) {
    return workload("a") + api_gateway("gw", listener("l")) +
           test::replaced(tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}"), "io/v1",
                          "io/" + std::string(version));
}

std::string set(std::string_view group, std::string_view version, std::string_view kind) {
    const std::string g(group);
    const std::string k(kind);
    const std::string own =
        test::replaced(api_gateway("gw", listener("own", "own.org")),
                       "spec:", "spec:\n  allowedListeners: {namespaces: {from: All}}");
    return workload("a") + own + "---\napiVersion: " + g + "/" + std::string(version) +
           "\nkind: " + k +
           "\nmetadata: {name: set, namespace: ns}\nspec:\n  parentRef: {group: "
           "gateway.networking.k8s.io, kind: Gateway, name: gw}\n  listeners: [" +
           listener("l") + "]\n" +
           tls_route("r", "{group: " + g + ", kind: " + k + ", name: set}", "a.org",
                     "{name: a, port: 443}");
}

}  // namespace

TEST_CASE("a TLSRoute is routed by the releases that have its version, and by no other",
          "[routing]") {
    CHECK(outcome(of_version("v1"), cluster("1.31", "1.6")) == kOnlyA);
    CHECK(outcome(of_version("v1"), cluster("1.30", "1.5")) == kOnlyA);
    CHECK(outcome(of_version("v1"), cluster("1.31", "1.4")) == "closed-port");
    CHECK(outcome(of_version("v1"), cluster("1.29", "1.5")) == "closed-port");
    CHECK(outcome(of_version("v1alpha2"), cluster("1.31", "1.6")) == "closed-port");
    CHECK(outcome(of_version("v1alpha3"), cluster("1.30", "1.5")) == "closed-port");
    CHECK(outcome(of_version("v1alpha2"), cluster("1.31", "1.6-experimental")) == kOnlyA);
    CHECK(outcome(of_version("v1alpha2"), cluster("1.29", "1.4")) == kOnlyA);
    CHECK(outcome(of_version("v1alpha3"), cluster("1.28", "1.4")) == kOnlyA);
    CHECK(outcome(of_version("v1alpha2"), cluster("1.30", "1.4")) == "closed-port");
    CHECK(outcome(of_version("v1alpha2"), {}) == kOnlyA);
}

TEST_CASE("listeners come from a ListenerSet since 1.5, and from an XListenerSet before",
          "[routing]") {
    const std::string now = set("gateway.networking.k8s.io", "v1", "ListenerSet");
    const std::string then = set("gateway.networking.x-k8s.io", "v1alpha1", "XListenerSet");
    CHECK(outcome(now, cluster("1.31", "1.6")) == kOnlyA);
    CHECK(outcome(now, cluster("1.30", "1.5")) == kOnlyA);
    CHECK(outcome(now, cluster("1.29", "1.5")) == "closed-port");
    // TLSRoute v1 is not there either, so that it is one of its time.
    const std::string of_its_time =
        test::replaced(then, "gateway.networking.k8s.io/v1\nkind: TLSRoute",
                       "gateway.networking.k8s.io/v1alpha2\nkind: TLSRoute");
    const Routed routed(of_its_time, cluster("1.28", "1.4"));
    CHECK(routed.to("a.org") == kOnlyA);
    CHECK(routed.has_condition("XListenerSet", "ns/set Accepted=True Accepted"));
    CHECK(routed.has_condition("XListenerSet", "ns/set/l Programmed=True Programmed"));
    CHECK(routed.attached("ns/set/l") == 1);
    CHECK(outcome(then, cluster("1.31", "1.6")) == "closed-port");
    CHECK(outcome(then, {}) == "closed-port");
}

TEST_CASE("a listener that ends TLS takes TLSRoutes since Istio 1.30", "[routing]") {
    const std::string text =
        workload("a") +
        api_gateway("gw",
                    "{name: l, port: 443, protocol: TLS, tls: {mode: Terminate, certificateRefs: "
                    "[{name: c}]}}") +
        tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}");
    const Routed now(text, cluster("1.30", "1.5"));
    CHECK(now.has_condition("TLSRoute", "ns/r Accepted=True Accepted"));
    CHECK(now.to("a.org") == "terminate");
    const std::string then_text =
        test::replaced(text, "io/v1\nkind: TLSRoute", "io/v1alpha2\nkind: TLSRoute");
    const Routed then(then_text, cluster("1.29", "1.4"));
    CHECK(then.has_condition("TLSRoute", "ns/r Accepted=False NotAllowedByListeners"));
    CHECK(then.to("a.org") == "closed-port");
}

TEST_CASE("a grant opens what its version opens, and all of it since Istio 1.30", "[routing]") {
    const auto with = [](std::string_view version, std::string_view to) {
        return workload("a", "other") + api_gateway("gw", listener("l")) +
               test::replaced(
                   tls_route("r", "{name: gw}", "a.org", "{name: a, namespace: other, port: 443}"),
                   "io/v1", "io/v1alpha2") +
               "---\napiVersion: gateway.networking.k8s.io/" + std::string(version) +
               "\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\nspec: {from: "
               "[{group: gateway.networking.k8s.io, kind: TLSRoute, namespace: ns}], to: [" +
               std::string(to) + "]}\n";
    };
    const std::string a = "{group: '', kind: Service, name: a}";
    const std::string b = "{group: '', kind: Service, name: b}";
    constexpr const char* kFarA = "routed other/a:443->8443*1";
    CHECK(outcome(with("v1beta1", a), cluster("1.29", "1.4")) == kFarA);
    CHECK(outcome(with("v1", a), cluster("1.29", "1.4")) == "reset");
    CHECK(outcome(with("v1", a), {}) == kFarA);
    CHECK(outcome(with("v1alpha2", a), {}) == "reset");
    CHECK(outcome(with("v1beta1", a + ", " + b), cluster("1.29", "1.4")) == "reset");
    CHECK(outcome(with("v1beta1", b + ", " + a), cluster("1.29", "1.4")) == kFarA);
    CHECK(outcome(with("v1beta1", a + ", " + b), cluster("1.30", "1.5-experimental")) == kFarA);
}

}  // namespace routing_versions_test
