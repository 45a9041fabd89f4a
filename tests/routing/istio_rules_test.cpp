// How Istio programs Envoy: a test for each rule, by what becomes of a connection.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace routing_istio_rules_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

TEST_CASE("HTTPS and TLS are the same once the mode is PASSTHROUGH", "[manifest]") {
    const Routed routed(workload("a") +
                        gateway("gw", server("a.example.com", "PASSTHROUGH", 443, "t", "HTTPS")) +
                        service("vs", "a.example.com", rule("a.example.com")));
    CHECK(routed.to("a.example.com") == kToA);
}

TEST_CASE("a server that ends TLS takes its own hosts and leaves the others", "[manifest]") {
    const Routed routed(
        workload("a") +
        gateway("gw", server("a.example.com") + ", " +
                          server("'*.example.com'", "SIMPLE", 443, "https", "HTTPS")) +
        service("vs", "a.example.com", rule("a.example.com")));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("b.example.com") == "terminate");
    CHECK(routed.to("example.com") == "reset");
    CHECK(routed.plain() == "reset");
    CHECK(routed.ask("b.example.com").rule->kind == "Gateway");
}

TEST_CASE("a server with mode SIMPLE and protocol TLS needs tcp rules for its chain",
          "[manifest]") {
    const std::string ends = workload("a") + gateway("gw", server("a.example.com", "SIMPLE"));
    CHECK(
        Routed(ends + service("vs", "a.example.com", rule("a.example.com"))).to("a.example.com") ==
        "closed-port");
    CHECK(Routed(ends + "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\n"
                        "metadata: {name: vs, namespace: ns}\nspec:\n  hosts: [a.example.com]\n"
                        "  gateways: [gw]\n  tcp: [{route: [{destination: {host: a}}]}]\n")
              .to("a.example.com") == "terminate");
}

TEST_CASE("a name twice in one server that ends TLS is one name of its chain", "[manifest]") {
    for (const char* hosts : {"a.example.com, a.example.com", "ns/a.example.com, b/a.example.com",
                              "a.example.com, ./a.example.com"}) {
        CAPTURE(hosts);
        const Routed routed(gateway("gw", server(hosts, "SIMPLE", 443, "https", "HTTPS")));
        CHECK(routed.to("a.example.com") == "terminate");
    }
}

TEST_CASE("a name twice in one match is told as that", "[manifest]") {
    const auto said = [](std::string_view names) {
        return test::read_text(two_backends() +
                               service("vs", "'*.example.com'", rule(std::string(names))))
            .text("X-DUP-SNI");
    };
    CHECK_THAT(said("a.example.com, a.example.com"),
               test::Contains("the name \"a.example.com\" stands twice in one match"));
    CHECK_THAT(said("a.example.com, A.example.com"), test::Contains("in other letter case"));
}

TEST_CASE("one name that is passed on and ended makes Envoy refuse the listener", "[manifest]") {
    const Routed routed(
        workload("a") +
        gateway("gw", server("'*.example.com'") + ", " +
                          server("a.example.com", "SIMPLE", 443, "https", "HTTPS")) +
        service("vs", "'*.example.com'", rule("a.example.com, b.example.com")));
    CHECK(routed.to("a.example.com") == "listener-rejected");
    CHECK(routed.to("b.example.com") == "listener-rejected");
    CHECK(routed.to(std::nullopt) == "listener-rejected");
    CHECK_THAT(routed.ask("a.example.com").why.at(0),
               test::Contains("two filter chains have the name \"a.example.com\""));
}

TEST_CASE("a partial wildcard makes Envoy refuse the listener", "[manifest]") {
    const Routed routed(two_backends("'*'") +
                        service("vs", "'*foo.example.com', a.example.com",
                                rule("'*foo.example.com'") + rule("a.example.com")));
    CHECK(routed.to("a.example.com") == "listener-rejected");
}

TEST_CASE("a listener that is refused leaves the other ports alone", "[manifest]") {
    const Routed routed(
        workload("a") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 9443, "other")) +
        service("vs", "'*foo.example.com', a.example.com",
                rule("'*foo.example.com'", "a", ", port: 443") +
                    rule("a.example.com", "a", ", port: 9443")));
    CHECK(routed.to("a.example.com", 443) == "listener-rejected");
    CHECK(routed.to("a.example.com", 9443) == kToA);
}

TEST_CASE("a star among sniHosts leaves no names at all", "[manifest]") {
    const Routed routed(two_backends("'*'") +
                        service("vs", "'*'", rule("'*', a.example.com") + rule("b.org", "b")));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("b.org") == kToB);
    CHECK(routed.to("c.org") == kToA);
    CHECK(routed.plain() == kToA);
}

TEST_CASE("no backtracking: a name is decided once, not by what lies behind it", "[manifest]") {
    const Routed routed(two_backends("'*'") +
                        service("vs", "'*'", rule("'*'") + rule("b.org", "nobody")));
    CHECK(routed.to("b.org") == "reset");
    CHECK(routed.ask("b.org").rule->name == "vs");
}

TEST_CASE("a Gateway host with a namespace admits VirtualServices of that namespace",
          "[manifest]") {
    const auto with = [](std::string_view host) {
        return Routed(two_backends(host) + service("vs", "a.example.com", rule("a.example.com")))
            .to("a.example.com");
    };
    CHECK(with("ns/a.example.com") == kToA);
    CHECK(with("./a.example.com") == kToA);
    CHECK(with("'*/a.example.com'") == kToA);
    CHECK(with("'*/*'") == kToA);
    CHECK(with("other/a.example.com") == "closed-port");
}

TEST_CASE("a later server that repeats a host string is skipped whole", "[manifest]") {
    const Routed routed(workload("a") + workload("b") + gateway("g1", server("a.example.com")) +
                        gateway("g2", server("a.example.com, b.example.com")) +
                        service("v1", "a.example.com", rule("a.example.com"), "", "g1") +
                        service("v2", "b.example.com", rule("b.example.com", "b"), "", "g2"));
    CHECK(routed.to("a.example.com") == kToA);
    CHECK(routed.to("b.example.com") == "reset");
    // Another string for the same host is another host.
    const Routed other(workload("a") + workload("b") + gateway("g1", server("a.example.com")) +
                       gateway("g2", server("ns/a.example.com, b.example.com")) +
                       service("v1", "a.example.com", rule("a.example.com"), "", "g1") +
                       service("v2", "b.example.com", rule("b.example.com", "b"), "", "g2"));
    CHECK(other.to("b.example.com") == kToB);
}

TEST_CASE("an older plain server shuts TLS out of its port, and a younger one joins it",
          "[manifest]") {
    const auto with = [](std::string_view tls_time) {
        return Routed(workload("a") +
                      gateway("g1", server("a.example.com"),
                              ", creationTimestamp: '" + std::string(tls_time) + "'") +
                      gateway("g2", "{port: {number: 443, name: h, protocol: HTTP}, hosts: ['*']}",
                              ", creationTimestamp: '2021-01-01T00:00:00Z'") +
                      service("vs", "a.example.com", rule("a.example.com"), "", "g1"));
    };
    CHECK(with("2020-01-01T00:00:00Z").to("a.example.com") == kToA);
    CHECK(with("2020-01-01T00:00:00Z").plain() == "terminate");
    CHECK(with("2022-01-01T00:00:00Z").to("a.example.com") == "reset");
    CHECK(with("2022-01-01T00:00:00Z").plain() == "terminate");
}

TEST_CASE("the older VirtualService keeps a name, then the name decides", "[manifest]") {
    const auto with = [](std::string_view z, std::string_view y) {
        return Routed(two_backends() +
                      service("z", "h.example.com", rule("h.example.com", "a"), z) +
                      service("y1", "h.example.com", rule("h.example.com", "b"), y))
            .to("h.example.com");
    };
    const std::string_view old = ", creationTimestamp: '2020-01-01T00:00:00Z'";
    const std::string_view young = ", creationTimestamp: '2021-01-01T00:00:00Z'";
    CHECK(with("", "") == kToB);
    CHECK(with(old, young) == kToA);
    CHECK(with(young, old) == kToB);
    CHECK(with(old, "") == kToA);
}

TEST_CASE("match.gateways narrows a rule", "[manifest]") {
    const Routed routed(workload("a") + workload("b") + gateway("gw", server("h.example.com")) +
                        gateway("g2", server("h.example.com", "PASSTHROUGH", 9443)) +
                        service("vs", "h.example.com",
                                rule("h.example.com", "a", ", gateways: [gw]") +
                                    rule("h.example.com", "b", ", gateways: [ns/g2]"),
                                "", "gw, g2"));
    CHECK(routed.to("h.example.com", 443) == kToA);
    CHECK(routed.to("h.example.com", 9443) == kToB);
}

TEST_CASE("source and subnet matches are ignored on a gateway", "[manifest]") {
    CHECK(Routed(two_backends() + service("vs", "a.example.com",
                                          rule("a.example.com", "a",
                                               ", sourceLabels: {app: x}, sourceNamespace: y, "
                                               "destinationSubnets: [10.0.0.0/8]")))
              .to("a.example.com") == kToA);
}

TEST_CASE("exportTo is judged from the gateway's namespace", "[manifest]") {
    const auto with = [](std::string_view targets, const lookup::Environment& environment = {}) {
        return Routed(two_backends() +
                          test::k8s::service("vs", "a.example.com", rule("a.example.com")) +
                          "  exportTo: [" + std::string(targets) + "]\n",
                      environment)
            .to("a.example.com");
    };
    CHECK(with("'*'") == kToA);
    CHECK(with("istio-system") == kToA);
    CHECK(with("'.'") == "closed-port");
    CHECK(with("'.'", {.gateway_namespace = "ns"}) == kToA);
}

TEST_CASE("a Gateway is served by pods that have its labels", "[manifest]") {
    const std::string text = two_backends() + service("vs", "a.example.com", rule("a.example.com"));
    CHECK(Routed(text, {.gateway_labels = manifest::Labels{{"istio", "ingressgateway"}}})
              .to("a.example.com") == kToA);
    CHECK(Routed(text, {.gateway_labels = manifest::Labels{{"istio", "egress"}}})
              .to("a.example.com") == "closed-port");
    CHECK(Routed(text, {.gateway = "ns/gw"}).to("a.example.com") == kToA);
    CHECK(Routed(text, {.gateway = "ns/other"}).to("a.example.com") == "closed-port");
}

TEST_CASE("a destination is followed to the pod's port", "[manifest]") {
    const auto with = [](std::string_view port, std::string_view destination = "host: a") {
        return Routed(
                   "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\n"
                   "spec: {selector: {app: a}, ports: [" +
                   std::string(port) + "]}\n" + workload("a").substr(workload("a").find("---", 4)) +
                   gateway("gw", server("'*'")) +
                   service("vs", "h.example.com",
                           "  - match: [{sniHosts: [h.example.com]}]\n    route: [{destination: "
                           "{" +
                               std::string(destination) + "}}]\n"))
            .to("h.example.com");
    };
    CHECK(with("{port: 443, targetPort: 9999}") == "routed ns/a:443->9999");
    CHECK(with("{port: 443}") == "routed ns/a:443->443");
    CHECK(with("{port: 443, targetPort: tls}") == kToA);
    CHECK(with("{port: 443, targetPort: nothing}") == "reset");
    CHECK(with("{port: 443, protocol: UDP}") == "reset");
    CHECK(with("{port: 7, name: x}", "host: a") == "routed ns/a:7->7");
    CHECK(with("{port: 7, name: x}", "host: a, port: {number: 443}") == "reset");
    // Several ports and none named: the Gateway's number.
    CHECK(with("{port: 7, name: x}, {port: 443, name: w, targetPort: 8443}") == kToA);
    CHECK(with("{port: 7, name: x}, {port: 8, name: w}") == "reset");
}

TEST_CASE("a Service without pods resets where the files hold pods that nobody selects",
          "[manifest]") {
    const std::string only =
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\n"
        "spec: {selector: {app: a}, ports: [{port: 443, targetPort: tls}]}\n";
    const std::string rest = gateway("gw", server("'*'")) + service("vs", "h.org", rule("h.org"));
    CHECK(Routed(only + rest).to("h.org") == "routed ns/a:443->?");
    const std::string pods = workload("b");
    CHECK(Routed(only + pods.substr(pods.rfind("---")) + rest).to("h.org") == "reset");
    // These are another Service's; its own may be in other files.
    CHECK(Routed(only + pods + rest).to("h.org") == "routed ns/a:443->?");
}

TEST_CASE("a ServiceEntry is a destination like a Service", "[manifest]") {
    const auto with = [](std::string_view ports, std::string_view more = "") {
        return Routed(
                   "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
                   "metadata: {name: e, namespace: far}\nspec:\n  hosts: [api.example.org]\n"
                   "  resolution: DNS\n  ports: [" +
                   std::string(ports) + "]\n" + std::string(more) + gateway("gw", server("'*'")) +
                   service("vs", "h.org", rule("h.org", "api.example.org")))
            .to("h.org");
    };
    CHECK(with("{number: 443, name: tls, protocol: TLS}") == "routed far/api.example.org:443->443");
    CHECK(with("{number: 443, name: tls, protocol: TLS, targetPort: 8443}") ==
          "routed far/api.example.org:443->8443");
    CHECK(with("{number: 80, name: a}, {number: 81, name: b}") == "reset");
    CHECK(with("{number: 443, name: tls}", "  exportTo: ['.']\n") == "reset");
}

TEST_CASE("one bad destination of several loses its share", "[manifest]") {
    const Routed routed(two_backends() +
                        service("vs", "h.example.com",
                                "  - match: [{sniHosts: [h.example.com]}]\n    route: "
                                "[{destination: {host: a}, weight: 60}, {destination: "
                                "{host: nobody}, weight: 40}]\n"));
    CHECK(routed.to("h.example.com") == "routed ns/a:443->8443*60");
    CHECK(routed.ask("h.example.com").why.back() == "40 of 100 connections are closed");
}

TEST_CASE("an answer tells what it beat, and a miss the nearest name", "[manifest]") {
    const Routed routed(
        two_backends("'*'") +
        service("vs", "'*'", rule("'*.example.com'") + rule("x.example.com", "b") + rule("'*'")));
    const routing::Answer answer = routed.ask("x.example.com");
    REQUIRE(answer.why.size() == 4);
    CHECK(answer.why[0] ==
          "VirtualService \"ns/vs\" (a.yaml:50) takes it by the name \"x.example.com\"");
    CHECK(answer.why[1] ==
          "it beats \"*.example.com\" of VirtualService \"ns/vs\" (a.yaml:48): the most specific "
          "name wins, whatever the order");
    CHECK(answer.why[3] == "to Service \"ns/b\", port 443, target port 8443");
    const Routed named(two_backends() + service("vs", "x.example.com", rule("x.example.com")));
    CHECK(named.ask("y.example.com").why.at(1) == "the nearest name is \"x.example.com\"");
}

}  // namespace routing_istio_rules_test
