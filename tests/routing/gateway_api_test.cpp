// The Gateway API's rules for passthrough, by what becomes of a connection and by status.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace routing_gateway_api_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

constexpr const char* kOnlyA = "routed ns/a:443->8443*1";
constexpr const char* kOnlyB = "routed ns/b:443->8443*1";
constexpr std::string_view kA = "{name: a, port: 443}";
constexpr std::string_view kB = "{name: b, port: 443}";

std::string backends() {
    return workload("a") + workload("b");
}

}  // namespace

TEST_CASE("listener and route meet in the names that both stand for", "[manifest]") {
    const auto with = [](std::string_view hostname, std::string_view route, std::string_view sni) {
        return Routed(backends() + api_gateway("gw", listener("l", hostname)) +
                      tls_route("r", "{name: gw}", route, kA))
            .to(std::string(sni));
    };
    CHECK(with("", "a.example.com", "a.example.com") == kOnlyA);
    CHECK(with("a.example.com", "a.example.com", "a.example.com") == kOnlyA);
    CHECK(with("*.example.com", "a.b.example.com", "a.b.example.com") == kOnlyA);
    CHECK(with("*.example.com", "a.b.example.com", "c.example.com") == "reset");
    // Here the listener does limit the route, unlike in Istio's own Gateway.
    CHECK(with("a.example.com", "'*.example.com'", "a.example.com") == kOnlyA);
    CHECK(with("a.example.com", "'*.example.com'", "b.example.com") == "reset");
    CHECK(with("*.example.com", "'*.b.example.com'", "a.b.example.com") == kOnlyA);
    CHECK(with("*.example.com", "'*.b.example.com'", "a.example.com") == "reset");
    CHECK(with("*.example.com", "example.com", "example.com") == "closed-port");
    CHECK(with("*.example.com", "a.example.org", "a.example.org") == "closed-port");
}

TEST_CASE("a route without hostnames takes the listener's", "[manifest]") {
    const auto with = [](std::string_view hostname, std::optional<std::string> sni) {
        std::string route = tls_route("r", "{name: gw}", "", kA);
        route = test::replaced(route, "  hostnames: []\n", "");
        route = test::replaced(route, "io/v1", "io/v1alpha2");
        return Routed(backends() + api_gateway("gw", listener("l", hostname)) + route)
            .to(std::move(sni));
    };
    CHECK(with("*.example.com", "a.example.com") == kOnlyA);
    CHECK(with("*.example.com", "b.org") == "reset");
    CHECK(with("", "b.org") == kOnlyA);
    CHECK(with("", std::nullopt) == kOnlyA);
}

TEST_CASE("a route says why no listener takes it", "[manifest]") {
    const auto with = [](std::string_view parent, std::string_view more,
                         std::string_view meta = ", namespace: ns") {
        const Routed routed(backends() + api_gateway("gw", listener("l", "*.example.com", more)) +
                            tls_route("r", parent, "a.example.com", kA, meta));
        CHECK(routed.mistakes().empty());
        const auto all = routed.conditions("TLSRoute");
        return all.empty() ? std::string("none") : all.front();
    };
    const std::string in_other = ", namespace: other";
    const std::string_view far = "{name: gw, namespace: ns}";
    CHECK(with("{name: gw}", "") == "ns/r Accepted=True Accepted");
    CHECK(with("{name: gw, sectionName: l}", "") == "ns/r/l Accepted=True Accepted");
    CHECK(with("{name: gw, sectionName: m}", "") == "ns/r/m Accepted=False NoMatchingParent");
    CHECK(with("{name: gw, port: 443}", "") == "ns/r Accepted=True Accepted");
    CHECK(with("{name: gw, port: 444}", "") == "ns/r Accepted=False NoMatchingParent");
    CHECK(with(far, "", in_other) == "other/r Accepted=False NotAllowedByListeners");
    CHECK(with(far, ", allowedRoutes: {namespaces: {from: All}}", in_other) ==
          "other/r Accepted=True Accepted");
    CHECK(with(far, ", allowedRoutes: {namespaces: {from: Selector}}", in_other) ==
          "other/r Accepted=True Accepted");
    CHECK(with("{name: gw}", ", allowedRoutes: {kinds: [{kind: TCPRoute}]}") ==
          "ns/r Accepted=False NotAllowedByListeners");
    CHECK(with("{name: nobody}", "") == "none");
    // A Service is a parent for the mesh: it has a status, and no gateway sees it.
    CHECK(with("{name: gw, kind: Service, group: ''}", "") ==
          "ns/r Accepted=False NoMatchingParent");
    CHECK(with("{name: a, kind: Service, group: ''}", "") == "ns/r Accepted=True Accepted");
}

TEST_CASE("a route without a name in common says so", "[manifest]") {
    const Routed routed(backends() + api_gateway("gw", listener("l", "*.example.com")) +
                        tls_route("r", "{name: gw}", "a.example.org", kA));
    CHECK(routed.has_condition("TLSRoute", "ns/r Accepted=False NoMatchingListenerHostname"));
    CHECK(routed.attached("l") == 0);
}

TEST_CASE("allowedRoutes may select namespaces by their labels", "[manifest]") {
    const auto with = [](std::string_view selector) {
        return Routed(
                   "apiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {team: "
                   "x}}\n" +
                   workload("a", "other") +
                   api_gateway("gw", listener("l", "",
                                              ", allowedRoutes: {namespaces: {from: Selector, "
                                              "selector: " +
                                                  std::string(selector) + "}}")) +
                   tls_route("r", "{name: gw, namespace: ns}", "a.org", kA, ", namespace: other"))
            .to("a.org");
    };
    constexpr const char* kFar = "routed other/a:443->8443*1";
    CHECK(with("{matchLabels: {team: x}}") == kFar);
    CHECK(with("{matchLabels: {team: z}}") == "closed-port");
    CHECK(with("{matchLabels: {kubernetes.io/metadata.name: other}}") == kFar);
    CHECK(with("{matchExpressions: [{key: team, operator: In, values: [x, z]}]}") == kFar);
    CHECK(with("{matchExpressions: [{key: team, operator: NotIn, values: [x]}]}") == "closed-port");
    CHECK(with("{matchExpressions: [{key: team, operator: Exists}]}") == kFar);
    CHECK(with("{matchExpressions: [{key: team, operator: DoesNotExist}]}") == "closed-port");
    CHECK(with("{}") == kFar);
}

TEST_CASE("one good listener is enough, and each counts its routes", "[manifest]") {
    const Routed routed(
        backends() +
        api_gateway("gw", listener("l", "*.example.com") + ", " + listener("m", "*.example.org")) +
        tls_route("r", "{name: gw}", "a.example.com", kA) +
        tls_route("s", "{name: gw}", "a.example.com, a.example.org", kB));
    CHECK(routed.has_condition("TLSRoute", "ns/r Accepted=True Accepted"));
    CHECK(routed.attached("l") == 2);
    CHECK(routed.attached("m") == 1);
    CHECK(routed.to("a.example.com") == kOnlyA);
    CHECK(routed.to("a.example.org") == kOnlyB);
}

TEST_CASE("of equal names the oldest route wins, then namespace and name", "[manifest]") {
    const auto with = [](std::string_view a, std::string_view b) {
        return Routed(
            backends() + api_gateway("gw", listener("l")) +
            tls_route("z", "{name: gw}", "h.org, z.org", kA, ", namespace: ns" + std::string(a)) +
            tls_route("y1", "{name: gw}", "h.org", kB, ", namespace: ns" + std::string(b)));
    };
    const std::string_view old = ", creationTimestamp: '2020-01-01T00:00:00Z'";
    const std::string_view young = ", creationTimestamp: '2021-01-01T00:00:00Z'";
    CHECK(with("", "").to("h.org") == kOnlyB);
    CHECK(with(old, young).to("h.org") == kOnlyA);
    CHECK(with(young, old).to("h.org") == kOnlyB);
    CHECK(with(old, "").to("h.org") == kOnlyA);
    // All of its names are one match, which is skipped whole when one of them is taken.
    CHECK(with("", "").to("z.org") == "reset");
}

TEST_CASE("the most specific name wins across routes", "[manifest]") {
    const Routed routed(backends() + api_gateway("gw", listener("l")) +
                        tls_route("r", "{name: gw}", "'*.example.com'", kA) +
                        tls_route("s", "{name: gw}", "b.example.com", kB));
    CHECK(routed.to("a.example.com") == kOnlyA);
    CHECK(routed.to("b.example.com") == kOnlyB);
}

TEST_CASE("backends share by weight, and a bad one's share is refused", "[manifest]") {
    const auto with = [](std::string_view refs) {
        return Routed(backends() + api_gateway("gw", listener("l")) +
                      tls_route("r", "{name: gw}", "h.org", refs));
    };
    CHECK(with("{name: a, port: 443, weight: 90}, {name: b, port: 443, weight: 10}").to("h.org") ==
          "routed ns/a:443->8443*90 ns/b:443->8443*10");
    CHECK(with("{name: a, port: 443, weight: 0}, {name: b, port: 443}").to("h.org") == kOnlyB);
    const Routed half = with("{name: a, port: 443}, {name: nobody, port: 443}");
    CHECK(half.to("h.org") == kOnlyA);
    CHECK(half.ask("h.org").why.back() == "1 of 2 connections are closed");
    // Without a share there is no match, and without a match no listener.
    CHECK(with("{name: a, port: 443, weight: 0}").to("h.org") == "closed-port");
}

TEST_CASE("a reference that leads nowhere says why", "[manifest]") {
    const auto with = [](std::string_view refs) {
        const Routed routed(backends() + workload("c", "other") + api_gateway("gw", listener("l")) +
                            tls_route("r", "{name: gw}", "h.org", refs));
        CHECK(routed.attached("l") == 1);
        CHECK(routed.has_condition("TLSRoute", "ns/r Accepted=True Accepted"));
        return routed.conditions("TLSRoute").at(1);
    };
    CHECK(with("{name: a, port: 443}") == "ns/r ResolvedRefs=True ResolvedRefs");
    CHECK(with("{name: nobody, port: 443}") == "ns/r ResolvedRefs=False BackendNotFound");
    // Istio looks for the Service alone; the connection is closed all the same.
    CHECK(with("{name: a, port: 444}") == "ns/r ResolvedRefs=True ResolvedRefs");
    // Of two it tells the last.
    CHECK(with("{name: c, namespace: other, port: 443}, {name: nobody, port: 443}") ==
          "ns/r ResolvedRefs=False BackendNotFound");
    CHECK(with("{name: c, namespace: other, port: 443}") ==
          "ns/r ResolvedRefs=False RefNotPermitted");
    CHECK(with("{name: a, kind: Bucket, group: example.com}") ==
          "ns/r ResolvedRefs=False InvalidKind");
}

TEST_CASE("a ReferenceGrant may name one Service, and must name the kind and namespace",
          "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return Routed(
                   workload("a", "other") + api_gateway("gw", listener("l")) +
                   tls_route("r", "{name: gw}", "h.org", "{name: a, namespace: other, port: 443}") +
                   "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
                   "metadata: {name: g, namespace: other}\nspec:\n  from: [{group: "
                   "gateway.networking.k8s.io, " +
                   std::string(from) + "}]\n  to: [{group: '', kind: Service" + std::string(to) +
                   "}]\n")
            .to("h.org");
    };
    constexpr const char* kFar = "routed other/a:443->8443*1";
    CHECK(with("kind: TLSRoute, namespace: ns", "") == kFar);
    CHECK(with("kind: TLSRoute, namespace: ns", ", name: a") == kFar);
    CHECK(with("kind: TLSRoute, namespace: ns", ", name: b") == "reset");
    CHECK(with("kind: HTTPRoute, namespace: ns", "") == "reset");
    CHECK(with("kind: TLSRoute, namespace: else", "") == "reset");
}

TEST_CASE("a Gateway belongs to its class", "[manifest]") {
    const auto with = [](std::string_view gateway_class, std::string_view text = "",
                         const lookup::Environment& environment = {}) {
        return Routed(std::string(text) + backends() +
                          api_gateway("gw", listener("l"), gateway_class) +
                          tls_route("r", "{name: gw}", "h.org", kA),
                      environment);
    };
    CHECK(with("istio").to("h.org") == kOnlyA);
    CHECK(with("nginx").to("h.org") == "closed-port");
    CHECK(with("nginx").listeners().conditions.empty());
    CHECK(with("nginx", "", {.gateway_class = "nginx"}).to("h.org") == kOnlyA);
    CHECK(with("istio", "", {.gateway_class = "nginx"}).to("h.org") == "closed-port");
    CHECK(with("mine",
               "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: "
               "{name: mine}\nspec: {controllerName: istio.io/gateway-controller}\n")
              .to("h.org") == kOnlyA);
}

TEST_CASE("a Gateway's status tells of each listener", "[manifest]") {
    const Routed good(backends() + api_gateway("gw", listener("l")) +
                      tls_route("r", "{name: gw}", "a.org", kA));
    CHECK(good.conditions("Gateway") ==
          std::vector<std::string>{
              "ns/gw Accepted=True Accepted", "ns/gw Programmed=True Programmed",
              "ns/gw ResolvedRefs=True ResolvedRefs", "ns/gw/l Conflicted=False NoConflicts",
              "ns/gw/l Accepted=True Accepted", "ns/gw/l ResolvedRefs=True ResolvedRefs",
              "ns/gw/l Programmed=True Programmed"});
    const Routed kinds(
        api_gateway("gw", listener("l", "", ", allowedRoutes: {kinds: [{kind: HTTPRoute}]}")));
    CHECK(kinds.has_condition("Gateway", "ns/gw/l ResolvedRefs=False InvalidRouteKinds"));
    const Routed udp(api_gateway("gw", "{name: l, port: 53, protocol: UDP}"));
    CHECK(udp.has_condition("Gateway", "ns/gw/l Accepted=False UnsupportedProtocol"));
    CHECK(udp.has_condition("Gateway", "ns/gw Accepted=False ListenersNotValid"));
}

TEST_CASE("a listener that terminates answers itself beside one that passes on", "[manifest]") {
    const Routed routed(
        backends() +
        api_gateway("gw", listener("l", "a.example.com") +
                              ", {name: h, port: 443, hostname: '*.example.com', protocol: HTTPS, "
                              "tls: {certificateRefs: [{name: c}]}}") +
        tls_route("r", "{name: gw, sectionName: l}", "a.example.com", kA));
    CHECK(routed.to("a.example.com") == kOnlyA);
    CHECK(routed.to("b.example.com") == "terminate");
    CHECK(routed.has_condition("Gateway", "ns/gw/h ResolvedRefs=False InvalidCertificateRef"));
}

TEST_CASE("apex and wildcard listeners are told apart by sectionName", "[manifest]") {
    const Routed routed(
        backends() +
        api_gateway("gw",
                    listener("apex", "example.com") + ", " + listener("wild", "*.example.com")) +
        tls_route("r", "{name: gw, sectionName: apex}", "example.com", kA) +
        tls_route("s", "{name: gw, sectionName: wild}", "example.com, '*.example.com'", kB));
    CHECK(routed.to("example.com") == kOnlyA);
    CHECK(routed.to("x.example.com") == kOnlyB);
    CHECK(routed.attached("apex") == 1);
    CHECK(routed.attached("wild") == 1);
}

TEST_CASE("a scenario of the Gateway API runs what its routes say", "[manifest]") {
    const test::Read read = test::read_text(backends() + api_gateway("gw", listener("l")) +
                                            tls_route("r", "{name: gw}", "a.org, '*.b.org'",
                                                      "{name: a, port: 443, weight: 3}, "
                                                      "{name: b, port: 443}"));
    CHECK(read.all().empty());
    REQUIRE(read.scenario.routes.size() == 2);
    CHECK(read.scenario.gateway_ports == std::vector<std::uint16_t>{443});
    CHECK(read.scenario.routes[0].pattern.text() == "a.org");
    REQUIRE(read.scenario.routes[1].destinations.size() == 2);
    CHECK(read.scenario.routes[1].destinations[0].weight == 3);
    CHECK(read.scenario.backends.at(1).name == "ns/b");
}

TEST_CASE("what the Gateway API refuses is an error that says why", "[manifest]") {
    const test::Read alone = test::read_text(api_gateway("gw", listener("l")));
    CHECK(alone.errors() == std::vector<std::string>{"X-NO-ROUTE"});
    const test::Read section =
        test::read_text(backends() + api_gateway("gw", listener("l")) +
                        tls_route("r", "{name: gw, sectionName: m}", "a.org", kA));
    CHECK(section.errors() == std::vector<std::string>{"X-NOT-ATTACHED"});
    const test::Read nobody =
        test::read_text(backends() + api_gateway("gw", listener("l")) +
                        tls_route("r", "{name: gw}", "a.org", "{name: nobody, port: 443}"));
    CHECK(nobody.errors() == std::vector<std::string>{"X-BACKEND-REF"});
}

TEST_CASE("a Gateway that is defined twice is an error, and its names are not said twice for that",
          "[manifest]") {
    const std::string gw = api_gateway("gw", listener("l"));
    const test::Read read =
        test::read_text(backends() + gw + gw + tls_route("r", "{name: gw}", "a.org", kA));
    CHECK(read.errors() == std::vector<std::string>{"X-DUPLICATE"});
}

}  // namespace routing_gateway_api_test
