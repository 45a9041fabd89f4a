#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace scenario_resolve_test {

using namespace sni;
using test::routes;
using test::k8s::rule;
using test::k8s::workload;
using Codes = std::vector<std::string>;
using Destinations = std::vector<scenario::RouteSpec::Destination>;

namespace {

/// `servers` as inside a flow list.
std::string gateway(std::string_view name, std::string_view servers, std::string_view ns = "ns") {
    return "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) +
           "}\nspec:\n  selector: {istio: ingressgateway}\n  servers: [" + std::string(servers) +
           "]\n";
}

std::string server(std::string_view hosts, int port = 443, std::string_view name = "tls") {
    return "{port: {number: " + std::to_string(port) + ", name: " + std::string(name) +
           ", protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [" + std::string(hosts) + "]}";
}

/// `spec` in flow style behind hosts and gateways.
std::string service(std::string_view name, std::string_view hosts, std::string_view spec,
                    std::string_view gateways = "gw", std::string_view ns = "ns") {
    return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) + "}\nspec:\n  hosts: [" +
           std::string(hosts) + "]\n  gateways: [" + std::string(gateways) + "]\n" +
           std::string(spec) + "\n";
}

std::string tls(const std::string& rules) {
    return "  tls:\n" + rules;
}

}  // namespace

TEST_CASE("the Gateway's hosts choose VirtualServices and do not filter SNI", "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") + gateway("gw", server("a.example.com")) +
        service("vs", "'*.example.com', other.org", tls(rule("'*.example.com', other.org"))));
    CHECK(read.errors().empty());
    CHECK(routes(read) == Codes{"*.example.com -> ns/a", "other.org -> ns/a"});
    CHECK(read.codes() == Codes{"X-SNI-WIDER", "X-SNI-WIDER"});
    CHECK_THAT(read.text("X-SNI-WIDER"),
               test::Contains("info: \"*.example.com\" is open although Gateway "
                              "\"ns/gw\" does not name it [X-SNI-WIDER]"));
}

TEST_CASE("a name with a dot at its end is refused for what it is", "[manifest]") {
    const test::Read read =
        test::read_text(workload("a") + gateway("gw", server("a.example.com.")) +
                        service("vs", "a.example.com.", tls(rule("a.example.com."))));
    CHECK(read.errors() == Codes{"SL1105"});
    CHECK_THAT(read.text("SL1105"), test::Contains("no client sends \"a.example.com.\"") &&
                                        test::Contains("hint: write a.example.com\n"));
}

TEST_CASE("no host of a VirtualService in its Gateway is said with the nearest one", "[manifest]") {
    const test::Read read =
        test::read_text(workload("a") + gateway("gw", server("a.exmaple.com")) +
                        service("vs", "a.example.com", tls(rule("a.example.com"))));
    CHECK(read.codes() == Codes{"X-NO-ROUTE", "IST0132"});
    CHECK(read.text("IST0132") ==
          "a.yaml:29:11: warning: no host of VirtualService \"ns/vs\" is among those of Gateway "
          "\"ns/gw\" [IST0132]\n   29 |   hosts: [a.example.com]\n"
          "      |           ^^^^^^^^^^^^^\nwhy: the Gateway accepts a.exmaple.com\n"
          "hint: did you mean a.exmaple.com?\n");
    // One of several is enough.
    CHECK(test::read_text(workload("a") + gateway("gw", server("a.example.com")) +
                          service("vs", "b.example.com, a.example.com", tls(rule("a.example.com"))))
              .codes()
              .empty());
}

TEST_CASE("a Gateway host with a namespace admits only that namespace", "[manifest]") {
    const auto with = [](std::string_view host, std::string_view ns) {
        return test::read_text(
            workload("a", ns) + gateway("gw", server(host)) +
            service("vs", "a.example.com", tls(rule("a.example.com")), "ns/gw", ns));
    };
    CHECK(routes(with("ns/a.example.com", "ns")).size() == 1);
    CHECK(routes(with("./a.example.com", "ns")).size() == 1);
    CHECK(routes(with("'*/a.example.com'", "other")).size() == 1);
    CHECK(routes(with("./a.example.com", "other")).empty());
    CHECK(with("./a.example.com", "other").has("IST0132"));
}

TEST_CASE("a duplicate name skips its whole match, and its other names stay free", "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") + gateway("gw", server("'*.example.com'")) +
        service("vs", "'*.example.com'",
                tls(rule("x.example.com") + rule("x.example.com, lost.example.com") +
                    rule("'*.example.com'"))) +
        service("vt", "lost.example.com", tls(rule("lost.example.com"))));
    CHECK(routes(read) ==
          Codes{"x.example.com -> ns/a", "*.example.com -> ns/a", "lost.example.com -> ns/a"});
    CHECK(read.codes() == Codes{"X-DUP-SNI"});
    CHECK(read.text("X-DUP-SNI") ==
          "a.yaml:34:25: warning: the name \"x.example.com\" has a rule on port 443 already, so "
          "this whole match is skipped [X-DUP-SNI]\n"
          "   34 |   - match: [{sniHosts: [x.example.com, lost.example.com]}]\n"
          "      |                         ^^^^^^^^^^^^^\n"
          "why: VirtualService \"ns/vs\" comes first; lost with it: lost.example.com\n"
          "hint: name each host in one match only\n");
}

TEST_CASE("the older VirtualService wins a name, then the name, then the namespace", "[manifest]") {
    const auto with = [](std::string_view first, std::string_view second) {
        std::string text = workload("a") + workload("b") + gateway("gw", server("h.example.com"));
        text += test::replaced(service("z", "h.example.com", tls(rule("h.example.com", "a"))),
                               "namespace: ns", "namespace: ns" + std::string(first));
        text += test::replaced(service("y1", "h.example.com", tls(rule("h.example.com", "b"))),
                               "namespace: ns", "namespace: ns" + std::string(second));
        return routes(test::read_text(text));
    };
    const std::string_view old = ", creationTimestamp: '2020-01-01T00:00:00Z'";
    const std::string_view young = ", creationTimestamp: '2021-01-01T00:00:00Z'";
    CHECK(with("", "") == Codes{"h.example.com -> ns/b"});
    CHECK(with(old, young) == Codes{"h.example.com -> ns/a"});
    CHECK(with(young, old) == Codes{"h.example.com -> ns/b"});
    CHECK(with(old, "") == Codes{"h.example.com -> ns/a"});
}

TEST_CASE("a Gateway with two servers on a port meets one VirtualService once", "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") +
        gateway("gw", server("a.example.com") + ", " + server("b.example.com", 443, "tls2")) +
        service("vs", "a.example.com, b.example.com", tls(rule("a.example.com, b.example.com"))));
    CHECK(read.codes().empty());
    CHECK(routes(read).size() == 2);
}

TEST_CASE("match.port is compared with the number in the Gateway", "[manifest]") {
    const auto with = [](std::string_view port) {
        return test::read_text(
            workload("a") +
            gateway("gw", server("h.example.com") + ", " + server("h.example.com", 9443, "tls2")) +
            service("vs", "h.example.com", tls(rule("h.example.com", "a", port))));
    };
    CHECK(with("").codes().empty());
    CHECK(with("").scenario.gateway_ports == std::vector<std::uint16_t>{443, 9443});
    CHECK(with("").scenario.routes.size() == 2);
    const test::Read one = with(", port: 9443");
    REQUIRE(one.scenario.routes.size() == 1);
    CHECK(one.scenario.routes[0].gateway_port == 9443);
    CHECK(one.codes() == Codes{"X-NO-ROUTE"});
    const test::Read never = with(", port: 8443");
    CHECK(never.codes() == Codes{"X-NO-ROUTE", "X-NO-ROUTE", "X-PORT-NEVER-MATCHES"});
    CHECK_THAT(never.text("X-PORT-NEVER-MATCHES"),
               test::Contains(
                   "warning: no server of its gateways has port 8443, so this match never holds "
                   "[X-PORT-NEVER-MATCHES]") &&
                   test::Contains("hint: write port: 443\n"));
}

TEST_CASE("gateways are named by name, namespace and name, or the legacy host", "[manifest]") {
    const auto with = [](std::string_view name, std::string_view ns = "ns") {
        return test::read_text(
            workload("a", ns) + gateway("gw", server("h.example.com")) +
            service("vs", "h.example.com", tls(rule("h.example.com")), name, ns));
    };
    CHECK(with("gw").codes().empty());
    CHECK(with("./gw").codes() == Codes{"IST0106"});  // as of the webhook
    CHECK(with("ns/gw", "other").codes().empty());
    CHECK(with("gw.ns.svc.cluster.local", "other").codes() == Codes{"IST0133"});
    CHECK(with("mesh, gw").codes().empty());
    CHECK(with("gw, gw").codes().empty());
    CHECK(with("gw", "other").codes() == Codes{"X-NO-ROUTE", "IST0101"});
    CHECK_THAT(with("gw", "other").text("IST0101"),
               test::Contains("error: there is no Gateway \"other/gw\" [IST0101]") &&
                   test::Contains("hint: Gateway gw is in namespace ns: write ns/gw\n"));
    CHECK_THAT(with("gv").text("IST0101"), test::Contains("hint: did you mean gw?\n"));
}

TEST_CASE("match.gateways narrows a rule to one Gateway", "[manifest]") {
    const test::Read read =
        test::read_text(workload("a") + workload("b") + gateway("gw", server("h.example.com")) +
                        gateway("g2", server("h.example.com", 9443)) +
                        service("vs", "h.example.com",
                                tls(rule("h.example.com", "a", ", gateways: [gw]") +
                                    rule("h.example.com", "b", ", gateways: [ns/g2]")),
                                "gw, g2"));
    CHECK(read.codes().empty());
    CHECK(routes(read) == Codes{"h.example.com -> ns/a", "h.example.com -> ns/b"});
}

TEST_CASE("a VirtualService for the mesh only is seen by no ingress gateway", "[manifest]") {
    const auto with = [](std::string_view gateways) {
        return test::read_text(
            workload("a") + gateway("gw", server("h.example.com")) +
            test::replaced(service("vs", "h.example.com", tls(rule("h.example.com"))),
                           "  gateways: [gw]\n", gateways));
    };
    CHECK(with("").codes() == Codes{"X-NO-ROUTE", "X-MESH-ONLY"});
    CHECK(with("  gateways: [mesh]\n").codes() == Codes{"X-NO-ROUTE", "X-MESH-ONLY"});
    CHECK(with("  gateways: [mesh, gw]\n").codes().empty());
    CHECK_THAT(with("").text("X-MESH-ONLY"),
               test::Contains("warning: VirtualService \"ns/vs\" is for the mesh only "
                              "[X-MESH-ONLY]"));
    CHECK_THAT(with("").text("X-NO-ROUTE"),
               test::Contains(
                   "why: VirtualService \"ns/vs\" has its host, but does not name this Gateway; "));
}

TEST_CASE("a Gateway without routes is one clear error", "[manifest]") {
    const test::Read read = test::read_text(gateway("gw", server("h.example.com")));
    CHECK(read.all() ==
          "a.yaml:7:29: error: no VirtualService of these files has a tls rule for port 443 of "
          "Gateway \"ns/gw\" "
          "[X-NO-ROUTE]\n    7 |   servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: "
          "{mode: PASSTHROUGH}, hosts: [h.example.com]}]\n"
          "      |                             ^^^\n"
          "why: Istio opens no listener then, and clients are refused\n"
          "hint: add a VirtualService with this Gateway, a host of it and tls rules\n");
}

TEST_CASE("a Service without pods is one clear error", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to, std::string_view after) {
        return test::tutorial_with(from, to, after);
    };
    CHECK(with("    app: httpbin\n", "    app: httpbim\n", "kind: Service").all() ==
          "a.yaml:18:5: error: Service \"passthrough-test/httpbin\" leads to no pod "
          "[X-NO-ENDPOINTS]\n   18 |     app: httpbim\n      |     ^^^\n"
          "why: no pod in namespace passthrough-test has the labels app=httpbim\n"
          "hint: the pods of Deployment \"httpbin\" have app=httpbin\n");
    CHECK(with("  selector:\n    app: httpbin\n", "", "kind: Service").codes() ==
          Codes{"X-NO-ENDPOINTS"});
    CHECK(with("replicas: 1", "replicas: 0", "").codes() == Codes{"X-NO-ENDPOINTS"});
    CHECK(with("namespace: passthrough-test", "namespace: other", "kind: Deployment").codes() ==
          Codes{"X-NO-ENDPOINTS"});
    // Nobody is sent to this one.
    CHECK(test::read_text(test::tutorial() + workload("a").substr(0, workload("a").find("---", 4)))
              .codes()
              .empty());
}

TEST_CASE("http and tcp rules have no effect under PASSTHROUGH", "[manifest]") {
    const std::string base = workload("a") + gateway("gw", server("h.example.com"));
    const test::Read only = test::read_text(
        base + service("vs", "h.example.com", "  http: [{route: [{destination: {host: a}}]}]"));
    CHECK(only.errors() == Codes{"X-NO-ROUTE", "X-ROUTE-KIND"});
    CHECK_THAT(only.text("X-ROUTE-KIND"),
               test::Contains("http rules have no effect under PASSTHROUGH"));
    const test::Read beside =
        test::read_text(base + service("vs", "h.example.com",
                                       "  tcp: [{route: [{destination: {host: a}}]}]\n" +
                                           tls(rule("h.example.com"))));
    CHECK(beside.errors().empty());
    CHECK(beside.codes() == Codes{"X-ROUTE-KIND"});
    CHECK(routes(beside).size() == 1);
}

TEST_CASE("modes and protocols that are not run are refused by name", "[manifest]") {
    const auto with = [](std::string_view servers) {
        return test::read_text(workload("a") + gateway("gw", servers) +
                               service("vs", "h.example.com", tls(rule("h.example.com"))));
    };
    const test::Read simple = with(
        "{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [h.example.com], "
        "tls: {mode: SIMPLE, credentialName: c}}");
    CHECK(simple.codes() == Codes{"X-UNSUPPORTED", "X-ROUTE-KIND"});
    CHECK_THAT(simple.text("X-UNSUPPORTED"),
               test::Contains("error: this server is not played by the lab"));
    const test::Read redirect =
        with(server("h.example.com") +
             ", {port: {number: 80, name: http, protocol: HTTP}, hosts: [h.example.com], "
             "tls: {httpsRedirect: true}}");
    CHECK(redirect.codes() == Codes{"X-UNSUPPORTED"});
    CHECK(routes(redirect).size() == 1);
    CHECK(redirect.scenario.gateway_ports == std::vector<std::uint16_t>{443});
    CHECK(with("{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [h.example.com], "
               "tls: {mode: PASSTHROUGH}}")
              .codes()
              .empty());
    CHECK(
        with(test::replaced(server("h.example.com"), "hosts", "bind: 10.0.0.1, hosts")).errors() ==
        Codes{"X-UNSUPPORTED"});
}

TEST_CASE("a later server that repeats a host is skipped whole", "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") + gateway("g1", server("h.example.com")) +
        gateway("g2", server("h.example.com, i.example.com")) +
        service("vs", "h.example.com, i.example.com", tls(rule("h.example.com")), "g1") +
        service("vt", "i.example.com", tls(rule("i.example.com")), "g2"));
    CHECK(read.codes() == Codes{"IST0145"});
    CHECK(routes(read) == Codes{"h.example.com -> ns/a"});
    const test::Read plain = test::read_text(
        workload("a") +
        gateway("gw", server("h.example.com") +
                          ", {port: {number: 443, name: p, protocol: HTTP}, hosts: [x.y]}") +
        service("vs", "h.example.com", tls(rule("h.example.com"))));
    CHECK(plain.codes() == Codes{"X-PORT-CONFLICT", "X-UNSUPPORTED"});
}

TEST_CASE("what Envoy would refuse is an error", "[manifest]") {
    const auto with = [](std::string_view hosts, const std::string& rules) {
        return test::read_text(workload("a") + gateway("gw", server("'*'")) +
                               service("vs", hosts, tls(rules)));
    };
    CHECK(with("'*foo.example.com'", rule("'*foo.example.com'")).errors() ==
          Codes{"X-PARTIAL-WILDCARD"});
    CHECK(with("h.example.com, H.example.com", rule("h.example.com") + rule("H.example.com"))
              .errors() == Codes{"X-DUP-SNI"});
    CHECK(with("H.example.com", rule("H.example.com")).errors().empty());
    CHECK(routes(with("H.example.com", rule("H.example.com"))) == Codes{"h.example.com -> ns/a"});
}

TEST_CASE("a match with a star takes everything and nothing else by name", "[manifest]") {
    const test::Read read = test::read_text(workload("a") + gateway("gw", server("'*'")) +
                                            service("vs", "'*'", tls(rule("'*', h.example.com"))));
    CHECK(read.errors().empty());
    CHECK(routes(read) == Codes{"* -> ns/a"});
}

TEST_CASE("addresses are no SNI and are not routed", "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") + gateway("gw", server("'*'")) +
        service("vs", "10.0.0.1, h.example.com", tls(rule("10.0.0.1, h.example.com"))));
    CHECK(read.codes() == Codes{"IST0133"});
    CHECK(routes(read) == Codes{"h.example.com -> ns/a"});
}

TEST_CASE("fields that a gateway ignores are said to be ignored", "[manifest]") {
    const test::Read read =
        test::read_text(workload("a") + gateway("gw", server("h.example.com")) +
                        service("vs", "h.example.com",
                                tls(rule("h.example.com", "a", ", sourceLabels: {app: x}"))));
    CHECK(read.codes() == Codes{"X-IGNORED-MATCH"});
    CHECK(routes(read).size() == 1);
}

TEST_CASE("exportTo is judged from the namespace of the gateway's pods", "[manifest]") {
    const auto with = [](std::string_view targets) {
        return test::read_text(workload("a") + gateway("gw", server("h.example.com")) +
                               service("vs", "h.example.com",
                                       "  exportTo: [" + std::string(targets) + "]\n" +
                                           tls(rule("h.example.com"))))
            .codes();
    };
    CHECK(with("'*'").empty());
    CHECK(with("istio-system").empty());
    CHECK(with("'.'") == Codes{"X-NO-ROUTE", "X-NOT-EXPORTED"});
}

TEST_CASE("a selector that no gateway pod has is an error", "[manifest]") {
    const auto with = [](std::string_view selector, std::string_view more = "") {
        return test::tutorial_with("istio: ingressgateway", selector).codes().size() +
               test::read_text(test::replaced(test::tutorial(), "istio: ingressgateway", selector) +
                               std::string(more))
                   .codes()
                   .size();
    };
    CHECK(test::tutorial_with("istio: ingressgateway", "istio: ingresgateway").text("IST0101") ==
          "a.yaml:66:5: error: no gateway pod has the labels that Gateway "
          "\"passthrough-test/passthrough-gateway\" selects [IST0101]\n"
          "   66 |     istio: ingresgateway\n      |     ^^^^^\n"
          "why: the gateway's pods have app=istio-ingressgateway and istio=ingressgateway\n"
          "hint: did you mean istio=ingressgateway?\n");
    CHECK(with("app: istio-ingressgateway") == 0);
    CHECK(with("app: httpbin") == 0);  // a gateway that the files bring themselves
    CHECK(test::tutorial_with("  selector:\n    istio: ingressgateway\n", "").codes().empty());
}

TEST_CASE("only a host without a dot is completed", "[manifest]") {
    const auto with = [](std::string_view host) {
        return test::tutorial_with("host: httpbin.passthrough-test.svc.cluster.local",
                                   "host: " + std::string(host));
    };
    CHECK(with("httpbin").codes().empty());
    CHECK(with("httpbin.passthrough-test").text("IST0101") ==
          "a.yaml:94:15: error: no Service has the host \"httpbin.passthrough-test\" [IST0101]\n"
          "   94 |         host: httpbin.passthrough-test\n"
          "      |               ^^^^^^^^^^^^^^^^^^^^^^^^\n"
          "hint: a host with a dot is not completed: write "
          "httpbin.passthrough-test.svc.cluster.local\n");
    CHECK(with("htpbin").text("IST0101") ==
          "a.yaml:94:15: error: no Service has the host \"htpbin\" [IST0101]\n"
          "   94 |         host: htpbin\n      |               ^^^^^^\n"
          "why: without a dot it stands for htpbin.passthrough-test.svc.cluster.local\n"
          "hint: did you mean httpbin?\n");
    CHECK_THAT(with("httpbin.other.svc.cluster.local").text("IST0101"),
               test::Contains("hint: Service httpbin is in this namespace"));
    CHECK(with("'*.example.com'").errors() == Codes{"IST0101"});
    CHECK(with("10.0.0.1").errors() == Codes{"IST0106", "IST0101"});
}

TEST_CASE("replicas are backends that share a destination's weight", "[manifest]") {
    const auto with = [](int a, int b, std::string_view weights) {
        const std::string w(weights);
        return test::read_text(
            workload("a", "ns", a) + workload("b", "ns", b) +
            gateway("gw", server("h.example.com")) +
            service("vs", "h.example.com",
                    "  tls:\n  - match: [{sniHosts: [h.example.com]}]\n    route: " + w + "\n"));
    };
    const std::string_view split =
        "[{destination: {host: a}, weight: 90}, {destination: {host: b}, weight: 10}]";
    CHECK(routes(with(1, 1, split)) == Codes{"h.example.com -> ns/a*9 ns/b"});
    CHECK(routes(with(2, 1, split)) == Codes{"h.example.com -> ns/a*9 ns/a/2*9 ns/b*2"});
    CHECK(routes(with(1, 3, split)) == Codes{"h.example.com -> ns/a*27 ns/b ns/b/2 ns/b/3"});
    CHECK(routes(with(1, 1, "[{destination: {host: a}, weight: 0}]")) ==
          Codes{"h.example.com -> ns/a"});
    CHECK(routes(with(1, 1,
                      "[{destination: {host: a}, weight: 0}, {destination: {host: b}, "
                      "weight: 1}]")) == Codes{"h.example.com -> ns/b"});
    CHECK(routes(with(1, 1,
                      "[{destination: {host: a}, weight: 2147483647}, {destination: {host: "
                      "b}, weight: 1}]")) == Codes{"h.example.com -> ns/a*2147483647 ns/b"});
    CHECK(routes(with(1, 1,
                      "[{destination: {host: a}, weight: 1}, {destination: {host: a}, "
                      "weight: 1}]")) == Codes{"h.example.com -> ns/a"});
    CHECK(with(33, 1, split).errors() == Codes{"X-UNSUPPORTED"});
}

TEST_CASE("a document that is wrong in itself causes no second message elsewhere", "[manifest]") {
    CHECK(test::tutorial_with("sniHosts:\n      - httpbin.example.com", "sniHosts: []").codes() ==
          Codes{"IST0106"});
    CHECK(test::tutorial_with("targetPort: 8443", "targetPort: []").codes() == Codes{"X-TYPE"});
    CHECK(test::tutorial_with("mountPath: /etc/certs", "mountPath: 1").codes() == Codes{"X-TYPE"});
    CHECK(test::tutorial_with("- -b", "- 1").codes() == Codes{"X-TYPE"});
    CHECK(test::tutorial_with("kind: Service", "kind: Service\nkind: Service").codes() ==
          Codes{"X-YAML-DUPLICATE"});
}

}  // namespace scenario_resolve_test
