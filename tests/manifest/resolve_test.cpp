#include "tests/support/catch.h"
#include "tests/support/manifest.h"

using namespace sni;
using Codes = std::vector<std::string>;
using Destinations = std::vector<manifest::RouteSpec::Destination>;

namespace {

/// Names that are routed, in order, with their backends' names: "a.b -> ns/x ns/y*2".
std::vector<std::string> routes(const test::Read& read) {
    std::vector<std::string> all;
    for (const manifest::RouteSpec& route : read.scenario.routes) {
        std::string text = route.pattern.text() + " ->";
        for (const auto& destination : route.destinations) {
            text += " " + read.scenario.backends.at(destination.backend).name;
            if (destination.weight != 1) text += "*" + std::to_string(destination.weight);
        }
        all.push_back(text);
    }
    return all;
}

/// A Service and a Deployment called `name`, whose pods serve plain text on 8443.
std::string backend(std::string_view name, std::string_view ns = "ns", int replicas = 1) {
    const std::string n(name);
    const std::string s(ns);
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + n + ", namespace: " + s +
           "}\nspec:\n  selector: {app: " + n + "}\n  ports: [{port: 443, targetPort: 8443}]\n" +
           "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + n +
           ", namespace: " + s + "}\nspec:\n  replicas: " + std::to_string(replicas) +
           "\n  selector: {matchLabels: {app: " + n + "}}\n  template:\n" +
           "    metadata: {labels: {app: " + n + "}}\n" +
           "    spec: {containers: [{name: c, image: i, ports: [{containerPort: 8443, name: "
           "tls}]}]}" +
           "\n";
}

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

std::string rule(std::string_view sni, std::string_view host = "a", std::string_view more = "") {
    return "  - match: [{sniHosts: [" + std::string(sni) + "]" + std::string(more) +
           "}]\n    route: [{destination: {host: " + std::string(host) + "}}]\n";
}

std::string tls(const std::string& rules) {
    return "  tls:\n" + rules;
}

}  // namespace

TEST_CASE("the Gateway's hosts choose VirtualServices and do not filter SNI", "[manifest]") {
    const test::Read read = test::read_text(
        backend("a") + gateway("gw", server("a.example.com")) +
        service("vs", "'*.example.com', other.org", tls(rule("'*.example.com', other.org"))));
    CHECK(read.errors().empty());
    CHECK(routes(read) == Codes{"*.example.com -> ns/a", "other.org -> ns/a"});
    CHECK(read.codes() == Codes{"X-SNI-WIDER", "X-SNI-WIDER"});
    CHECK_THAT(read.text("X-SNI-WIDER"),
               Catch::Matchers::Contains("info: \"*.example.com\" is open although Gateway "
                                         "\"ns/gw\" does not name it [X-SNI-WIDER]"));
}

TEST_CASE("no host of a VirtualService in its Gateway is said with the nearest one", "[manifest]") {
    const test::Read read =
        test::read_text(backend("a") + gateway("gw", server("a.exmaple.com")) +
                        service("vs", "a.example.com", tls(rule("a.example.com"))));
    CHECK(read.codes() == Codes{"X-NO-ROUTE", "IST0132"});
    CHECK(read.text("IST0132") ==
          "a.yaml:30:11: warning: no host of VirtualService \"ns/vs\" is among those of Gateway "
          "\"ns/gw\" [IST0132]\n   30 |   hosts: [a.example.com]\n"
          "      |           ^^^^^^^^^^^^^\nwhy: the Gateway accepts a.exmaple.com\n"
          "hint: did you mean a.exmaple.com?\n");
    // One of several is enough.
    CHECK(test::read_text(backend("a") + gateway("gw", server("a.example.com")) +
                          service("vs", "b.example.com, a.example.com", tls(rule("a.example.com"))))
              .codes()
              .empty());
}

TEST_CASE("a Gateway host with a namespace admits only that namespace", "[manifest]") {
    const auto with = [](std::string_view host, std::string_view ns) {
        return test::read_text(
            backend("a", ns) + gateway("gw", server(host)) +
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
        backend("a") + gateway("gw", server("'*.example.com'")) +
        service("vs", "'*.example.com'",
                tls(rule("x.example.com") + rule("x.example.com, lost.example.com") +
                    rule("'*.example.com'"))) +
        service("vt", "lost.example.com", tls(rule("lost.example.com"))));
    CHECK(routes(read) ==
          Codes{"x.example.com -> ns/a", "*.example.com -> ns/a", "lost.example.com -> ns/a"});
    CHECK(read.codes() == Codes{"X-DUP-SNI"});
    CHECK(read.text("X-DUP-SNI") ==
          "a.yaml:35:25: warning: the name \"x.example.com\" has a rule on port 443 already, so "
          "this whole match is skipped [X-DUP-SNI]\n"
          "   35 |   - match: [{sniHosts: [x.example.com, lost.example.com]}]\n"
          "      |                         ^^^^^^^^^^^^^\n"
          "why: VirtualService \"ns/vs\" comes first; lost with it: lost.example.com\n"
          "hint: name each host in one match only\n");
}

TEST_CASE("the older VirtualService wins a name, then the name, then the namespace", "[manifest]") {
    const auto with = [](std::string_view first, std::string_view second) {
        std::string text = backend("a") + backend("b") + gateway("gw", server("h.example.com"));
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
        backend("a") +
        gateway("gw", server("a.example.com") + ", " + server("b.example.com", 443, "tls2")) +
        service("vs", "a.example.com, b.example.com", tls(rule("a.example.com, b.example.com"))));
    CHECK(read.codes().empty());
    CHECK(routes(read).size() == 2);
}

TEST_CASE("match.port is compared with the number in the Gateway", "[manifest]") {
    const auto with = [](std::string_view port) {
        return test::read_text(
            backend("a") +
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
               Catch::Matchers::Contains(
                   "warning: no server of its gateways has port 8443, so this match never holds "
                   "[X-PORT-NEVER-MATCHES]") &&
                   Catch::Matchers::Contains("hint: write port: 443\n"));
}

TEST_CASE("gateways are named by name, namespace and name, or the legacy host", "[manifest]") {
    const auto with = [](std::string_view name, std::string_view ns = "ns") {
        return test::read_text(
            backend("a", ns) + gateway("gw", server("h.example.com")) +
            service("vs", "h.example.com", tls(rule("h.example.com")), name, ns));
    };
    CHECK(with("gw").codes().empty());
    CHECK(with("./gw").codes().empty());
    CHECK(with("ns/gw", "other").codes().empty());
    CHECK(with("gw.ns.svc.cluster.local", "other").codes().empty());
    CHECK(with("mesh, gw").codes().empty());
    CHECK(with("gw, gw").codes().empty());
    CHECK(with("gw", "other").codes() == Codes{"X-NO-ROUTE", "IST0101"});
    CHECK_THAT(with("gw", "other").text("IST0101"),
               Catch::Matchers::Contains("error: there is no Gateway \"other/gw\" [IST0101]") &&
                   Catch::Matchers::Contains("hint: Gateway gw is in namespace ns: write ns/gw\n"));
    CHECK_THAT(with("gv").text("IST0101"), Catch::Matchers::Contains("hint: did you mean gw?\n"));
}

TEST_CASE("match.gateways narrows a rule to one Gateway", "[manifest]") {
    const test::Read read =
        test::read_text(backend("a") + backend("b") + gateway("gw", server("h.example.com")) +
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
            backend("a") + gateway("gw", server("h.example.com")) +
            test::replaced(service("vs", "h.example.com", tls(rule("h.example.com"))),
                           "  gateways: [gw]\n", gateways));
    };
    CHECK(with("").codes() == Codes{"X-NO-ROUTE", "X-MESH-ONLY"});
    CHECK(with("  gateways: [mesh]\n").codes() == Codes{"X-NO-ROUTE", "X-MESH-ONLY"});
    CHECK(with("  gateways: [mesh, gw]\n").codes().empty());
    CHECK_THAT(with("").text("X-MESH-ONLY"),
               Catch::Matchers::Contains("warning: VirtualService \"ns/vs\" is for the mesh only "
                                         "[X-MESH-ONLY]"));
    CHECK_THAT(with("").text("X-NO-ROUTE"),
               Catch::Matchers::Contains(
                   "why: VirtualService \"ns/vs\" has its host, but does not name this Gateway; "));
}

TEST_CASE("a Gateway without routes is one clear error", "[manifest]") {
    const test::Read read = test::read_text(gateway("gw", server("h.example.com")));
    CHECK(read.all() ==
          "a.yaml:7:29: error: no VirtualService has a tls rule for port 443 of Gateway \"ns/gw\" "
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
    CHECK(test::read_text(test::tutorial() + backend("a").substr(0, backend("a").find("---", 4)))
              .codes()
              .empty());
}

TEST_CASE("http and tcp rules have no effect under PASSTHROUGH", "[manifest]") {
    const std::string base = backend("a") + gateway("gw", server("h.example.com"));
    const test::Read only = test::read_text(
        base + service("vs", "h.example.com", "  http: [{route: [{destination: {host: a}}]}]"));
    CHECK(only.errors() == Codes{"X-NO-ROUTE", "X-ROUTE-KIND"});
    CHECK_THAT(only.text("X-ROUTE-KIND"),
               Catch::Matchers::Contains("http rules have no effect under PASSTHROUGH"));
    const test::Read beside = test::read_text(
        base + service("vs", "h.example.com", "  tcp: [{}]\n" + tls(rule("h.example.com"))));
    CHECK(beside.errors().empty());
    CHECK(beside.codes() == Codes{"X-ROUTE-KIND"});
    CHECK(routes(beside).size() == 1);
}

TEST_CASE("modes and protocols that are not run are refused by name", "[manifest]") {
    const auto with = [](std::string_view servers) {
        return test::read_text(backend("a") + gateway("gw", servers) +
                               service("vs", "h.example.com", tls(rule("h.example.com"))));
    };
    const test::Read simple = with(
        "{port: {number: 443, name: tls, protocol: HTTPS}, hosts: [h.example.com], "
        "tls: {mode: SIMPLE, credentialName: c}}");
    CHECK(simple.codes() == Codes{"X-UNSUPPORTED", "X-ROUTE-KIND"});
    CHECK_THAT(simple.text("X-UNSUPPORTED"),
               Catch::Matchers::Contains("error: the lab runs no TLS mode but PASSTHROUGH"));
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
        backend("a") + gateway("g1", server("h.example.com")) +
        gateway("g2", server("h.example.com, i.example.com")) +
        service("vs", "h.example.com, i.example.com", tls(rule("h.example.com")), "g1") +
        service("vt", "i.example.com", tls(rule("i.example.com")), "g2"));
    CHECK(read.codes() == Codes{"IST0145"});
    CHECK(routes(read) == Codes{"h.example.com -> ns/a"});
    const test::Read plain = test::read_text(
        backend("a") +
        gateway("gw", server("h.example.com") +
                          ", {port: {number: 443, name: p, protocol: HTTP}, hosts: [x.y]}") +
        service("vs", "h.example.com", tls(rule("h.example.com"))));
    CHECK(plain.codes() == Codes{"IST0145", "X-UNSUPPORTED"});
}

TEST_CASE("what Envoy would refuse is an error", "[manifest]") {
    const auto with = [](std::string_view hosts, const std::string& rules) {
        return test::read_text(backend("a") + gateway("gw", server("'*'")) +
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
    const test::Read read = test::read_text(backend("a") + gateway("gw", server("'*'")) +
                                            service("vs", "'*'", tls(rule("'*', h.example.com"))));
    CHECK(read.errors().empty());
    CHECK(routes(read) == Codes{"* -> ns/a"});
}

TEST_CASE("addresses are no SNI and are not routed", "[manifest]") {
    const test::Read read = test::read_text(
        backend("a") + gateway("gw", server("'*'")) +
        service("vs", "10.0.0.1, h.example.com", tls(rule("10.0.0.1, h.example.com"))));
    CHECK(read.codes() == Codes{"IST0133"});
    CHECK(routes(read) == Codes{"h.example.com -> ns/a"});
}

TEST_CASE("fields that a gateway ignores are said to be ignored", "[manifest]") {
    const test::Read read =
        test::read_text(backend("a") + gateway("gw", server("h.example.com")) +
                        service("vs", "h.example.com",
                                tls(rule("h.example.com", "a", ", sourceLabels: {app: x}"))));
    CHECK(read.codes() == Codes{"X-IGNORED-MATCH"});
    CHECK(routes(read).size() == 1);
}

TEST_CASE("exportTo is judged from the namespace of the gateway's pods", "[manifest]") {
    const auto with = [](std::string_view targets) {
        return test::read_text(backend("a") + gateway("gw", server("h.example.com")) +
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
          "why: Istio's own ingress gateway has app=istio-ingressgateway and "
          "istio=ingressgateway\nhint: write selector: {istio: ingressgateway}\n");
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
               Catch::Matchers::Contains("hint: Service httpbin is in this namespace"));
    CHECK(with("'*.example.com'").errors() == Codes{"IST0101"});
    CHECK(with("10.0.0.1").errors() == Codes{"IST0101"});
}

TEST_CASE("the destination's port is the Service's", "[manifest]") {
    const auto with = [](std::string_view port) {
        return test::tutorial_with("        port:\n          number: 443\n", port,
                                   "kind: VirtualService");
    };
    CHECK(with("").codes().empty());  // the only port
    CHECK(with("        port: {number: 8443}\n").text("IST0101") ==
          "a.yaml:95:24: error: Service \"passthrough-test/httpbin\" has no TCP port 8443 "
          "[IST0101]\n   95 |         port: {number: 8443}\n      |                        ^^^^\n"
          "hint: it has 443\n");
    std::string two =
        test::replaced(test::tutorial(), "  - port: 443\n",
                       "  - port: 80\n    name: http\n  - port: 443\n    name: tls\n");
    CHECK(test::read_text(two).codes().empty());
    two = test::replaced(two, "        port:\n          number: 443\n", "", "kind: VirtualService");
    CHECK(test::read_text(two).errors() == Codes{"IST0112"});
}

TEST_CASE("a target port is a number, a container's port by name, or the port itself",
          "[manifest]") {
    const auto with = [](std::string_view target, std::string_view name) {
        std::string text = test::replaced(test::tutorial(), "    targetPort: 8443\n", target);
        return test::read_text(
            test::replaced(text, "        - containerPort: 8443\n",
                           "        - containerPort: 8443\n" + std::string(name)));
    };
    const test::Read named = with("    targetPort: https\n", "          name: https\n");
    CHECK(named.codes().empty());
    REQUIRE(named.scenario.backends.size() == 1);
    CHECK(named.scenario.backends[0].target_port == 8443);
    CHECK(with("    targetPort: https\n", "          name: http\n").text("X-NO-ENDPOINTS") ==
          "a.yaml:21:17: error: no container of Deployment \"passthrough-test/httpbin\" has a port "
          "named \"https\" [X-NO-ENDPOINTS]\n   21 |     targetPort: https\n"
          "      |                 ^^^^^\n"
          "why: a target port that no pod has leaves the Service without endpoints\n"
          "hint: did you mean http?\n");
    const test::Read same = with("", "");
    CHECK(same.codes() == Codes{"X-TARGET-PORT"});  // 443, and gunicorn listens on 8443
}

TEST_CASE("the process must listen where the Service sends", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "args:");
    };
    CHECK(with("0.0.0.0:8443", "0.0.0.0:8444").text("X-TARGET-PORT") ==
          "a.yaml:52:11: error: the process listens on port 8444, but Service "
          "\"passthrough-test/httpbin\" sends to 8443 [X-TARGET-PORT]\n"
          "   52 |         - 0.0.0.0:8444\n      |           ^^^^^^^^^^^^\n"
          "why: its target port is given at a.yaml:21\n"
          "hint: write targetPort: 8444 there, or port 8443 here\n");
    CHECK(with("0.0.0.0:8443", "127.0.0.1:8443").codes() == Codes{"X-TARGET-PORT"});
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- --bind=[::]:8443").codes().empty());
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- -b:8443").codes().empty());
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- -b\n        - unix:/x").codes().empty());
    CHECK(with("- 0.0.0.0:8443", "- 0.0.0.0:9000\n        - --bind\n        - 0.0.0.0:8443")
              .codes()
              .empty());
}

TEST_CASE("the certificate is the one that the process is told to serve", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "volumeMounts");
    };
    CHECK(with("--certfile=/etc/certs/", "--certfile=/etc/cert/").text("X-CERT-PATH") ==
          "a.yaml:49:11: error: \"/etc/cert/tls.crt\" is in no volume of the container "
          "[X-CERT-PATH]\n   49 |         - --certfile=/etc/cert/tls.crt\n"
          "      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\nwhy: mounted are /etc/certs\n"
          "hint: mount the Secret there, or correct the path\n");
    CHECK(with("certs/tls.crt", "certs/cert.pem").codes() == Codes{"X-CERT-PATH"});
    CHECK(with("        - --keyfile=/etc/certs/tls.key\n", "").codes() == Codes{"X-CERT-PATH"});
    CHECK(with("        secret:\n          secretName: httpbin-credential\n",
               "        emptyDir: {}\n")
              .codes() == Codes{"X-UNSUPPORTED", "X-UNSUPPORTED"});
    CHECK(with("- --certfile=/etc/certs/tls.crt", "- --certfile\n        - /etc/certs/tls.crt")
              .codes()
              .empty());
    const test::Read items =
        with("          secretName: httpbin-credential\n",
             "          secretName: httpbin-credential\n          items: [{key: tls.crt, path: "
             "tls.crt}, {key: tls.key, path: tls.key}]\n");
    CHECK(items.codes().empty());
    CHECK(with("          secretName: httpbin-credential\n",
               "          secretName: httpbin-credential\n"
               "          items: [{key: tls.crt, path: tls.crt}]\n")
              .codes() == Codes{"X-CERT-PATH"});
}

TEST_CASE("a pod that is told no certificate serves plain text", "[manifest]") {
    std::string text = test::replaced(test::tutorial(),
                                      "        - --certfile=/etc/certs/tls.crt\n"
                                      "        - --keyfile=/etc/certs/tls.key\n",
                                      "");
    const test::Read gunicorn = test::read_text(text);
    CHECK(gunicorn.codes().empty());
    REQUIRE(gunicorn.scenario.backends.size() == 1);
    CHECK_FALSE(gunicorn.scenario.backends[0].secret.has_value());
    // An image whose command line tells nothing is taken to use the Secret that it mounts.
    const test::Read other =
        test::read_text(test::replaced(text, "        - gunicorn\n", "        - serve\n"));
    CHECK(other.codes() == Codes{"X-ASSUMED-TLS"});
    REQUIRE(other.scenario.backends.size() == 1);
    REQUIRE(other.scenario.backends[0].secret.has_value());
    CHECK(other.scenario.backends[0].secret->name == "httpbin-credential");
}

TEST_CASE("a Secret in the files brings its PEM, one in another namespace is missed",
          "[manifest]") {
    const auto secret = [](std::string_view ns, std::string_view data) {
        return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: httpbin-credential, "
               "namespace: " +
               std::string(ns) + "}\nstringData: {" + std::string(data) + "}\n";
    };
    const test::Read held = test::read_text(
        test::tutorial() + secret("passthrough-test", "tls.crt: cert, tls.key: key"));
    CHECK(held.codes().empty());
    REQUIRE(held.scenario.backends.size() == 1);
    CHECK(held.scenario.backends[0].secret->cert_pem == "cert");
    CHECK(held.scenario.backends[0].secret->key_pem == "key");
    const test::Read elsewhere =
        test::read_text(test::tutorial() + secret("istio-system", "tls.crt: cert, tls.key: key"));
    CHECK(elsewhere.codes() == Codes{"X-SECRET-MISSING"});
    CHECK_FALSE(elsewhere.scenario.backends[0].secret->cert_pem.has_value());
    CHECK(
        test::read_text(test::tutorial() + secret("passthrough-test", "cert: a, key: b")).codes() ==
        Codes{"X-CERT-PATH"});
}

TEST_CASE("replicas are backends that share a destination's weight", "[manifest]") {
    const auto with = [](int a, int b, std::string_view weights) {
        const std::string w(weights);
        return test::read_text(
            backend("a", "ns", a) + backend("b", "ns", b) + gateway("gw", server("h.example.com")) +
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

TEST_CASE("a Secret lists every name that reaches its pods, first one first", "[manifest]") {
    std::string text = test::replaced(test::tutorial(), "  - httpbin.example.com\n",
                                      "  - httpbin.example.com\n  - \"*.wild.example.com\"\n",
                                      "kind: VirtualService");
    text =
        test::replaced(text, "      - httpbin.example.com\n",
                       "      - \"*.wild.example.com\"\n      - httpbin.example.com\n", "sniHosts");
    const test::Read read = test::read_text(text);
    REQUIRE(read.scenario.backends.size() == 1);
    CHECK(read.scenario.backends[0].secret->names ==
          Codes{"*.wild.example.com", "httpbin.example.com"});
    // "*" is no name for a certificate: the hosts say more.
    std::string any = test::replaced(test::tutorial(), "      - httpbin.example.com\n",
                                     "      - \"*\"\n", "sniHosts");
    any = test::replaced(any, "  - httpbin.example.com\n", "  - \"*\"\n", "kind: VirtualService");
    const test::Read star = test::read_text(any);
    CHECK(routes(star) == Codes{"* -> passthrough-test/httpbin"});
    CHECK(star.scenario.backends[0].secret->names == Codes{"httpbin.example.com"});
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

TEST_CASE("ten thousand documents are resolved without a quadratic scan", "[manifest]") {
    std::vector<manifest::File> files;
    for (int file = 0; file < 20; ++file) {
        std::string text;
        for (int i = 0; i < 100; ++i) {
            const std::string id = std::to_string(file * 100 + i);
            text += backend("a" + id) + service("v" + id, "h" + id + ".example.com",
                                                tls(rule("h" + id + ".example.com", "a" + id)));
        }
        files.push_back({.name = std::to_string(file) + ".yaml", .text = std::move(text)});
    }
    files.push_back({.name = "gw.yaml", .text = gateway("gw", server("'*.example.com'"))});
    const test::Read read = test::read_files(std::move(files));
    CHECK(read.codes().empty());
    CHECK(read.scenario.routes.size() == 2'000);
    CHECK(read.scenario.backends.size() == 2'000);
}
