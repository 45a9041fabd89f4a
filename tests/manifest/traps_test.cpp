// What developers get wrong about passthrough, worst first: one test each.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace manifest_traps_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

TEST_CASE("trap 1: the Gateway's hosts do not filter SNI", "[manifest]") {
    const Routed routed(
        two_backends("a.example.com") +
        service("vs", "'*.example.com', other.org", rule("'*.example.com', other.org")));
    CHECK(routed.to("x.y.example.com") == kToA);
    CHECK(routed.to("other.org") == kToA);
}

TEST_CASE("trap 2: no route at all is a closed port, not a reset", "[manifest]") {
    const Routed none(two_backends());
    CHECK(none.to("a.example.com") == "closed-port");
    CHECK(none.to(std::nullopt) == "closed-port");
    const Routed some(two_backends() + service("vs", "a.example.com", rule("a.example.com")));
    CHECK(some.to("b.example.com") == "reset");
    CHECK(some.to("a.example.com", 444) == "closed-port");
}

TEST_CASE("trap 3: a duplicate name drops its whole match", "[manifest]") {
    const Routed routed(
        two_backends() +
        service("vs", "'*.example.com'",
                rule("x.example.com") + rule("x.example.com, lost.example.com", "b")) +
        service("vt", "free.example.com", rule("free.example.com", "b")));
    CHECK(routed.to("x.example.com") == kToA);
    CHECK(routed.to("lost.example.com") == "reset");
    CHECK(routed.to("free.example.com") == kToB);
    CHECK_THAT(routed.ask("lost.example.com").why.back(),
               test::Contains("asks for it too, but is skipped") &&
                   test::Contains("has \"x.example.com\" already"));
}

TEST_CASE("trap 4: a wildcard takes any depth and never the apex", "[manifest]") {
    const Routed routed(two_backends() + service("vs", "'*.example.com'", rule("'*.example.com'")));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("a.b.c.example.com") == kToA);
    CHECK(routed.to("example.com") == "reset");
    CHECK(routed.to("aexample.com") == "reset");
}

TEST_CASE("trap 5: a mode left out is PASSTHROUGH in one Gateway and Terminate in the other",
          "[manifest]") {
    const Routed istio(
        workload("a") +
        gateway("gw", "{port: {number: 443, name: t, protocol: TLS}, tls: {}, hosts: ['*']}") +
        service("vs", "a.example.com", rule("a.example.com")));
    CHECK(istio.to("a.example.com") == kToA);
    const Routed api(
        workload("a") +
        api_gateway("gw",
                    "{name: l, port: 443, protocol: TLS, tls: {certificateRefs: [{name: "
                    "c}]}}") +
        tls_route("r", "{name: gw}", "a.example.com", "{name: a, port: 443}"));
    CHECK(api.to("a.example.com") == "terminate");
}

TEST_CASE("trap 6: match.port is the Gateway's port, never the target port", "[manifest]") {
    const auto with = [](std::string_view port) {
        return Routed(two_backends() +
                      service("vs", "a.example.com", rule("a.example.com", "a", port)))
            .to("a.example.com");
    };
    CHECK(with(", port: 443") == kToA);
    CHECK(with(", port: 8443") == "closed-port");
}

TEST_CASE("trap 7: the most specific name wins, not the first match", "[manifest]") {
    const Routed routed(
        workload("a") + workload("b") + workload("c") + gateway("gw", server("'*'")) +
        service("vs", "'*'",
                rule("'*'", "c") + rule("'*.example.com'") + rule("x.example.com", "b")));
    CHECK(routed.to("x.example.com") == kToB);
    CHECK(routed.to("y.example.com") == kToA);
    CHECK(routed.to("example.com") == "routed ns/c:443->8443");
    const Routed deeper(
        two_backends() +
        service("vs", "'*.example.com'", rule("'*.example.com'") + rule("'*.a.example.com'", "b")));
    CHECK(deeper.to("x.a.example.com") == kToB);
    CHECK(deeper.to("a.example.com") == kToA);
}

TEST_CASE("trap 8: only a host without a dot is completed", "[manifest]") {
    const auto with = [](std::string_view host) {
        return Routed(two_backends() + service("vs", "a.example.com", rule("a.example.com", host)))
            .to("a.example.com");
    };
    CHECK(with("a") == kToA);
    CHECK(with("a.ns.svc.cluster.local") == kToA);
    CHECK(with("a.ns") == "reset");
    CHECK(with("a.ns.svc") == "reset");
}

TEST_CASE("trap 9: Istio compares hosts byte by byte and Envoy folds them", "[manifest]") {
    const Routed routed(two_backends("'*'") +
                        service("vs", "A.Example.com", rule("A.Example.com")));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("A.EXAMPLE.COM") == kToA);
    CHECK_THAT(
        Routed(two_backends() + service("vs", "a.example.com", rule("A.example.com"))).mistakes(),
        test::Contains("is not among this VirtualService's hosts"));
    // Two that only Envoy takes for one name.
    CHECK(Routed(two_backends("'*'") + service("vs", "a.example.com, A.example.com",
                                               rule("a.example.com") + rule("A.example.com", "b")))
              .to("a.example.com") == "listener-rejected");
    // The Gateway's hosts are compared by Istio.
    CHECK(Routed(two_backends("a.example.com") +
                 service("vs", "A.example.com", rule("A.example.com")))
              .to("a.example.com") == "closed-port");
}

TEST_CASE("trap 10: a VirtualService without gateways is for the mesh only", "[manifest]") {
    const auto with = [](std::string_view gateways) {
        return Routed(two_backends() +
                      service("vs", "a.example.com", rule("a.example.com"), "", gateways))
            .to("a.example.com");
    };
    CHECK(with("") == "closed-port");
    CHECK(with("mesh") == "closed-port");
    CHECK(with("mesh, gw") == kToA);
}

TEST_CASE("trap 11: one host of several in the Gateway is enough", "[manifest]") {
    const Routed routed(two_backends("a.example.com") +
                        service("vs", "other.org, a.example.com", rule("other.org")));
    CHECK(routed.to("other.org") == kToA);
    CHECK(Routed(two_backends("a.example.com") + service("vs", "other.org", rule("other.org")))
              .to("other.org") == "closed-port");
}

TEST_CASE("trap 12: the ClientHello is left unread when the gateway closes", "[manifest]") {
    const Routed routed(two_backends() + service("vs", "a.example.com", rule("a.example.com")));
    CHECK_THAT(test::replaced(routed.ask("b.example.com").why.at(2), "the gateway", "it"),
               test::Contains("leaves the ClientHello unread"));
    CHECK_THAT(routed.ask_plain().why.at(1), test::Contains("leaves what came unread"));
}

// Trap 13, that a ClientHello comes in one read or record, is tested where hellos are read: "a
// ClientHello cut at any byte still names its server" in tests/tls.

TEST_CASE("trap 14: a route with bad backends is attached all the same", "[manifest]") {
    const Routed routed(api_gateway("gw", listener("l")) +
                        tls_route("r", "{name: gw}", "a.example.com", "{name: nobody, port: 443}"));
    CHECK(routed.attached("l") == 1);
    CHECK(routed.has_condition("TLSRoute", "ns/r Accepted=True Accepted"));
    CHECK(routed.has_condition("TLSRoute", "ns/r ResolvedRefs=False BackendNotFound"));
    CHECK(routed.to("a.example.com") == "reset");
}

TEST_CASE("trap 15: a ReferenceGrant belongs into the target's namespace", "[manifest]") {
    const auto with = [](std::string_view ns) {
        return Routed(workload("a", "other") + api_gateway("gw", listener("l")) +
                      tls_route("r", "{name: gw}", "a.example.com",
                                "{name: a, namespace: other, port: 443}") +
                      "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
                      "metadata: {name: g, namespace: " +
                      std::string(ns) +
                      "}\nspec:\n  from: [{group: gateway.networking.k8s.io, kind: TLSRoute, "
                      "namespace: ns}]\n  to: [{group: '', kind: Service}]\n")
            .to("a.example.com");
    };
    CHECK(with("other") == "routed other/a:443->8443*1");
    CHECK(with("ns") == "reset");
}

TEST_CASE("trap 16: YAML's quoted numbers, switches and null times are told apart", "[manifest]") {
    CHECK(test::tutorial_with("port: 443", "port: \"443\"").has("X-TYPE"));
    CHECK(test::tutorial_with("port: 443", "port: on").has("X-TYPE"));
    CHECK(test::tutorial_with("  name: httpbin\n", "  name: httpbin\n  creationTimestamp: null\n")
              .all()
              .empty());
    // Without a time an object is the youngest, null or left out.
    const std::string_view old = ", creationTimestamp: '2020-01-01T00:00:00Z'";
    CHECK(
        Routed(two_backends() +
               service("a1", "h.example.com", rule("h.example.com"), ", creationTimestamp: null") +
               service("z", "h.example.com", rule("h.example.com", "b"), old))
            .to("h.example.com") == kToB);
}

TEST_CASE("trap 17: the group of apiVersion tells two kinds of Gateway apart", "[manifest]") {
    const Routed routed(two_backends() + api_gateway("gw", listener("l", "x.example.com")) +
                        service("vs", "a.example.com", rule("a.example.com")) +
                        tls_route("r", "{name: gw}", "x.example.com", "{name: b, port: 443}"));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("x.example.com") == "routed ns/b:443->8443*1");
}

TEST_CASE("trap 18: a chain for * takes plain text and clients without SNI too", "[manifest]") {
    const Routed routed(two_backends("'*'") + service("vs", "'*'", rule("'*'")));
    CHECK(routed.to(std::nullopt) == kToA);
    CHECK(routed.plain() == kToA);
    const Routed named(two_backends() + service("vs", "a.example.com", rule("a.example.com")));
    CHECK(named.to(std::nullopt) == "reset");
    CHECK(named.plain() == "reset");
}

TEST_CASE("trap 19: a single destination takes all, whatever its weight", "[manifest]") {
    const auto with = [](std::string_view destinations) {
        return Routed(two_backends() +
                      service("vs", "a.example.com",
                              "  - match: [{sniHosts: [a.example.com]}]\n    route: [" +
                                  std::string(destinations) + "]\n"))
            .to("a.example.com");
    };
    CHECK(with("{destination: {host: a}, weight: 0}") == kToA);
    CHECK(with("{destination: {host: a}, weight: 0}, {destination: {host: b}, weight: 5}") ==
          "routed ns/b:443->8443*5");
    CHECK(with("{destination: {host: a}, weight: 90}, {destination: {host: b}, weight: 30}") ==
          "routed ns/a:443->8443*90 ns/b:443->8443*30");
}

TEST_CASE("trap 20: a DestinationRule's settings for a port replace those for the host",
          "[manifest]") {
    const Routed routed(two_backends() +
                        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
                        "metadata: {name: d, namespace: ns}\nspec:\n  host: a\n  trafficPolicy:\n"
                        "    tls: {mode: SIMPLE}\n    portLevelSettings:\n"
                        "    - port: {number: 443}\n");
    const auto& tls = routed.manifest().destination_rules.at(0).tls;
    REQUIRE(tls.size() == 2);
    CHECK(tls[0].mode.value == "SIMPLE");
    CHECK(tls[1].port->value == 443);
    CHECK(tls[1].mode.value == "DISABLE");
}

}  // namespace manifest_traps_test
