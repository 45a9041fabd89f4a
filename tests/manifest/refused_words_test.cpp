// What an API server, or Istio's webhook, refuses to take as a name or a word: to read it as if it
// were taken would be to tell of a cluster that nobody has.
#include <string>
#include <string_view>

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_refused_words_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

/// Errors and warnings of reading; "" when there is none.
std::string mistakes(const std::string& text) {
    const auto parsed = manifest::parse_manifests({{"a.yaml", text}}, "default");
    std::string all;
    for (const Diagnostic& d : parsed.diagnostics) {
        if (d.level != Level::info) all += d.code + " " + d.message + "\n";
    }
    return all;
}

std::string object(std::string_view version, std::string_view kind, std::string_view spec) {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x, namespace: ns}\nspec: {" + std::string(spec) + "}\n";
}

std::string istio(std::string_view kind, std::string_view spec) {
    return mistakes(object("networking.istio.io/v1", kind, spec));
}

std::string grant(std::string_view from, std::string_view to) {
    return mistakes(object("gateway.networking.k8s.io/v1", "ReferenceGrant",
                           "from: [{" + std::string(from) +
                               "kind: TLSRoute, namespace: other}], to: [{" + std::string(to) +
                               "kind: Service}]"));
}

std::string route(std::string_view parent, std::string_view backend = "name: a, port: 443") {
    return mistakes(tls_route("r", "{name: gw" + std::string(parent) + "}", "a.org",
                              "{" + std::string(backend) + "}"));
}

}  // namespace

TEST_CASE("a ReferenceGrant says of which groups it speaks", "[manifest]") {
    constexpr const char* kFrom = "group: gateway.networking.k8s.io, ";
    CHECK(grant(kFrom, "group: '', ").empty());
    CHECK(grant(kFrom, "") == "X-MISSING spec.to[0].group is missing\n");
    CHECK(grant("", "group: '', ") == "X-MISSING spec.from[0].group is missing\n");
}

TEST_CASE("the Gateway API takes no empty text for left out", "[manifest]") {
    CHECK(route("").empty());
    CHECK(route(", namespace: ''") == "X-VALUE spec.parentRefs[0].namespace is empty\n");
    CHECK(route(", sectionName: ''") == "X-VALUE spec.parentRefs[0].sectionName is empty\n");
    CHECK(route(", kind: ''") == "X-VALUE spec.parentRefs[0].kind is empty\n");
    CHECK(route("", "name: a, port: 443, namespace: ''") ==
          "X-VALUE spec.rules[0].backendRefs[0].namespace is empty\n");
    CHECK(route("", "name: a, port: 443, group: ''").empty());
}

TEST_CASE("listeners have the names that objects have", "[manifest]") {
    const auto named = [](std::string_view name) {
        return mistakes(api_gateway("gw", listener(name)));
    };
    CHECK(named("tls-1.a").empty());
    for (const char* bad : {"TLS", "tls_443", "-tls", "'*'"}) {
        CAPTURE(bad);
        CHECK_THAT(named(bad), test::Contains("is no name of a listener"));
    }
    CHECK(route(", sectionName: TLS") == "X-VALUE \"TLS\" is no name of a listener or a rule\n");
}

TEST_CASE("routes of no namespace are no choice of allowedRoutes", "[manifest]") {
    const auto from = [](std::string_view what, std::string_view key) {
        return "allowed" + std::string(key) + ": {namespaces: {from: " + std::string(what) + "}}";
    };
    CHECK(mistakes(api_gateway("gw", listener("tls", "", ", " + from("Same", "Routes")))).empty());
    CHECK(mistakes(api_gateway("gw", listener("tls", "", ", " + from("None", "Routes")))) ==
          "X-VALUE routes cannot come from \"None\"\n");
    CHECK(mistakes(api_gateway("gw", listener("tls")) + "  " + from("None", "Listeners") + "\n")
              .empty());
}

TEST_CASE("a destination is a host, as its subset is a label", "[manifest]") {
    const auto to = [](std::string_view destination) {
        return istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: [a.org]}], route: "
                     "[{destination: {" +
                         std::string(destination) + "}}]}]");
    };
    CHECK(to("host: a").empty());
    CHECK(to("host: '*.ns.svc.cluster.local'").empty());
    CHECK(to("host: 192.0.2.1") ==
          "IST0106 the destination \"192.0.2.1\" is an address, and not a host\n");
    CHECK(to("host: '*'") == "IST0106 the destination \"*\" cannot be everything\n");
    CHECK_THAT(to("host: a_b"), test::Contains("the destination \"a_b\" has characters"));
    CHECK_THAT(to("host: ns/a"), test::Contains("the destination \"ns/a\" has characters"));
    CHECK(to("host: a, subset: V-1").empty());
    CHECK(to("host: a, subset: v1.0") == "IST0106 \"v1.0\" is no name of a subset\n");
    CHECK(istio("DestinationRule", "host: a, subsets: [{name: v1_0}]") ==
          "IST0106 \"v1_0\" is no name of a subset\n");
    CHECK(istio("DestinationRule", "host: a, subsets: [{name: v1}, {name: v1}]") ==
          "IST0106 two subsets are named \"v1\"\n");
    CHECK(istio("DestinationRule", "host: 192.0.2.1") ==
          "IST0106 the host \"192.0.2.1\" is an address, and not a host\n");
}

TEST_CASE("a tcp rule leads somewhere", "[manifest]") {
    CHECK(istio("VirtualService", "hosts: [a.org], gateways: [gw], tcp: [{match: [{port: 1}]}]") ==
          "IST0106 spec.tcp[0].route is missing\n");
}

TEST_CASE("an http rule does one thing with a request", "[manifest]") {
    const auto rule = [](std::string_view what) {
        return istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], http: [{" + std::string(what) + "}]");
    };
    constexpr std::string_view kRoute = "route: [{destination: {host: a}}]";
    CHECK(rule(kRoute).empty());
    CHECK(rule("redirect: {uri: /x}").empty());
    CHECK(rule("redirect: {}").empty());
    CHECK(rule("directResponse: {status: 503}, route: []").empty());
    CHECK(rule("delegate: {name: d}").empty());
    constexpr const char* kNothing = "IST0106 this http rule does nothing with a request\n";
    CHECK(rule("match: [{uri: {prefix: /}}]") == kNothing);
    CHECK(rule("mirror: {host: a}") == kNothing);
    CHECK(rule("redirect: null, route: []") == kNothing);
    for (const char* both :
         {"redirect: {uri: /x}, ", "directResponse: {status: 503}, ", "delegate: {name: d}, "}) {
        const std::string word(both, std::string_view(both).find(':'));
        CHECK(rule(both + std::string(kRoute)) ==
              "IST0106 an http rule cannot have both " + word + " and route\n");
    }
    CHECK(rule("redirect: {uri: /x}, rewrite: {uri: /y}") ==
          "IST0106 an http rule cannot have both redirect and rewrite\n");
    CHECK(rule(std::string(kRoute) + ", rewrite: {uri: /y}, fault: {}").empty());
    CHECK(rule(std::string(kRoute) + ", mirror: {host: b}, mirrors: [{destination: {host: b}}]") ==
          "IST0106 an http rule cannot have both mirror and mirrors\n");
    CHECK(istio("VirtualService", "http: [{delegate: {name: d}}]") ==
          "IST0106 one to delegate to cannot delegate\n");
}

TEST_CASE("a rule names Gateways as Istio does", "[manifest]") {
    const auto named = [](std::string_view gateways) {
        return istio("VirtualService", "hosts: [a.org], gateways: [" + std::string(gateways) +
                                           "], tls: [{match: [{sniHosts: [a.org]}], route: "
                                           "[{destination: {host: a}}]}]");
    };
    for (const char* fine : {"gw", "ns/gw", "mesh, ns/gw", "gw.ns.svc.cluster.local", "gw, '*'"}) {
        CAPTURE(fine);
        CHECK(named(fine).empty());
    }
    for (const char* wrong : {"'*'", "a_b", "ns/a.b", "/gw", "ns/", "a/b/c", "ns/gw, '*'"}) {
        CAPTURE(wrong);
        CHECK_THAT(named(wrong), test::Contains("IST0106 no Gateway can be named"));
    }
    CHECK_THAT(istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: "
                     "[a.org], gateways: [a_b]}], route: [{destination: {host: "
                     "a}}]}]"),
               test::Contains("no Gateway can be named \"a_b\""));
}

TEST_CASE("ranges of addresses are ranges", "[manifest]") {
    const auto match = [](std::string_view subnet) {
        return istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tcp: [{match: [{destinationSubnets: ['" +
                         std::string(subnet) + "']}], route: [{destination: {host: a}}]}]");
    };
    for (const char* fine : {"10.0.0.0/8", "10.0.0.1/8", "10.0.0.1", "2001:db8::/128", "::/0"}) {
        CAPTURE(fine);
        CHECK(match(fine).empty());
    }
    for (const char* wrong : {"10.0.0.0/33", "10.0.0/8", "a.org", "10.0.0.0/", "10.0.0.0/08",
                              "10.0.0.0/8/8", "::/129", "10.0.0.0/-1", ""}) {
        CAPTURE(wrong);
        CHECK_THAT(match(wrong), test::Contains("which is no range of addresses"));
    }
    CHECK_THAT(istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: "
                     "[a.org], destinationSubnets: [x]}], route: [{destination: "
                     "{host: a}}]}]"),
               test::Contains("destinationSubnets has \"x\", which is no range"));
}

TEST_CASE("an address among sniHosts is a warning, as no client sends one", "[manifest]") {
    const auto sni = [](std::string_view names) {
        return istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: "
                     "[a.org, " +
                         std::string(names) + "]}], route: [{destination: {host: a}}]}]");
    };
    CHECK(sni("192.0.2.1") ==
          "IST0133 \"192.0.2.1\" is an address, which no client sends as SNI\n");
    CHECK_THAT(sni("b.org"), test::Contains("IST0106 the SNI host \"b.org\" is not among"));
}

TEST_CASE("a trafficPolicy says something", "[manifest]") {
    const auto policy = [](std::string_view text) {
        return istio("DestinationRule", "host: a, trafficPolicy: " + std::string(text));
    };
    CHECK(policy("null").empty());
    CHECK(policy("{tls: {}}").empty());
    CHECK(policy("{loadBalancer: {simple: RANDOM}}").empty());
    CHECK(policy("{}") == "IST0106 this trafficPolicy says nothing\n");
    CHECK(policy("{tls: null, portLevelSettings: []}") ==
          "IST0106 this trafficPolicy says nothing\n");
}

TEST_CASE("a ServiceEntry that Istio refuses is refused", "[manifest]") {
    const auto entry = [](std::string_view ports, std::string_view more) {
        return istio("ServiceEntry",
                     "hosts: [a.org], ports: [" + std::string(ports) + "], " + std::string(more));
    };
    constexpr std::string_view kTls = "{number: 443, name: tls, protocol: TLS}";
    CHECK(entry("{number: 443, name: tls}", "resolution: DNS").empty());
    CHECK(entry("{number: 443, name: tls, protocol: grpc-web}", "").empty());
    CHECK_THAT(entry("{number: 443, name: tls, protocol: SSL}", ""),
               test::Contains("IST0106 there is no protocol \"SSL\""));
    CHECK(entry("{number: 443, name: a_b, protocol: TLS}", "") ==
          "IST0106 \"a_b\" is no name of a port\n");
    CHECK(entry("{number: 1, name: a, protocol: TLS}, {number: 1, name: b, protocol: TLS}", "") ==
          "IST0106 two ports have the number 1\n");
    CHECK(entry("{number: 1, name: a, protocol: TLS}, {number: 2, name: a, protocol: TLS}", "") ==
          "IST0106 two ports are named \"a\"\n");

    CHECK(entry(kTls, "addresses: [192.0.2.0/24, '::1'], resolution: NONE").empty());
    CHECK_THAT(entry(kTls, "addresses: [a.org]"), test::Contains("which is no range of addresses"));
    CHECK(entry(kTls, "addresses: [192.0.2.0/24], resolution: DNS") ==
          "IST0106 \"192.0.2.0/24\" is a range, which resolution DNS cannot have\n");
    CHECK(entry(kTls, "addresses: [192.0.2.1], resolution: DNS").empty());

    CHECK(entry(kTls,
                "resolution: STATIC, endpoints: [{address: 192.0.2.1}, {address: "
                "'unix:///run/x'}, {network: n}]")
              .empty());
    CHECK(entry(kTls, "resolution: DNS, endpoints: [{address: b.org}]").empty());
    CHECK(entry(kTls, "resolution: STATIC, endpoints: [{address: b.org}]") ==
          "IST0106 with resolution STATIC \"b.org\" must be an address\n");
    CHECK(entry(kTls, "resolution: STATIC, endpoints: [{address: 192.0.2.1, ports: {tls: 8443}}]")
              .empty());
    CHECK(entry(kTls, "resolution: DNS, endpoints: [{address: b.org, ports: {http: 8080}}]") ==
          "IST0106 its port 8080 has the name \"http\", and none of spec.ports has\n");
    CHECK(entry(kTls, "endpoints: [{address: 192.0.2.1}]") ==
          "IST0106 with resolution NONE nobody looks at endpoints\n");
    CHECK(entry(kTls,
                "resolution: STATIC, workloadSelector: {labels: {a: b}}, endpoints: "
                "[{address: 192.0.2.1}]") ==
          "IST0106 endpoints cannot stand beside a workloadSelector\n");
}

TEST_CASE("an endpoint that Istio refuses is refused", "[manifest]") {
    const auto endpoint = [](std::string_view fields, std::string_view resolution = "STATIC") {
        return istio("ServiceEntry",
                     "hosts: [a.org], ports: [{number: 443, name: tls, protocol: TLS}], "
                     "resolution: " +
                         std::string(resolution) + ", endpoints: [" + std::string(fields) + "]");
    };
    CHECK(endpoint("{address: 192.0.2.1, weight: 0, labels: {example.org/a_b: ''}}").empty());
    CHECK(endpoint("{address: 192.0.2.1, weight: -1}") == "IST0106 the weight -1 is below 0\n");
    CHECK(endpoint("{address: 192.0.2.1, labels: {'bad key!': x}}") ==
          "IST0106 \"bad key!\" is no key of a label\n");
    CHECK(endpoint("{ports: {tls: 443}}") == "IST0106 an endpoint needs its address\n");
    CHECK(endpoint("{address: 'unix:///run/a', ports: {tls: 443}}") ==
          "IST0106 a socket has no ports\n");
    CHECK(endpoint("{address: 'unix://run/a'}") ==
          "IST0106 \"unix://run/a\" is no absolute path of a socket\n");
    CHECK(endpoint("{address: 'unix:///run/a'}", "DNS") ==
          "IST0106 \"unix:///run/a\" is neither a name nor an address\n");
    CHECK(endpoint("{address: a.org}, {address: b.org}", "DNS").empty());
    CHECK(endpoint("{address: a.org}, {address: b.org}", "DNS_ROUND_ROBIN") ==
          "IST0106 with resolution DNS_ROUND_ROBIN there is one endpoint at most\n");
}

TEST_CASE("resolution DYNAMIC_DNS is for names below wildcards", "[manifest]") {
    const auto entry = [](std::string_view host, std::string_view protocol = "TLS",
                          std::string_view more = "") {
        return istio("ServiceEntry", "hosts: ['" + std::string(host) +
                                         "'], resolution: DYNAMIC_DNS, ports: [{number: 443, name: "
                                         "tls, protocol: " +
                                         std::string(protocol) + "}]" + std::string(more));
    };
    CHECK(entry("*.a.org").empty());
    CHECK_THAT(entry("a.org"), test::Contains("is no wildcard"));
    CHECK(entry("*.a.org", "TCP") ==
          "IST0106 port 443 says no name, which resolution DYNAMIC_DNS looks up\n");
    CHECK(entry("*.a.org", "TLS", ", endpoints: [{address: 192.0.2.1}]") ==
          "IST0106 with resolution DYNAMIC_DNS there are neither addresses nor endpoints\n");
}

TEST_CASE("a selector of workloads has no wildcard", "[manifest]") {
    CHECK(istio("DestinationRule", "host: a, workloadSelector: {matchLabels: {'a*': b}}") ==
          "IST0106 \"a*=b\" has a wildcard, which a selector cannot have\n");
    CHECK_THAT(istio("ServiceEntry",
                     "hosts: [a.org], resolution: STATIC, ports: [{number: 443, name: tls, "
                     "protocol: TLS}], workloadSelector: {labels: {a: '*'}}"),
               test::Contains("has a wildcard"));
}

TEST_CASE("a trafficPolicy's parts say something, and in range", "[manifest]") {
    const auto policy = [](std::string_view text) {
        return istio("DestinationRule", "host: a, trafficPolicy: {" + std::string(text) + "}");
    };
    CHECK(policy("connectionPool: {tcp: {maxConnections: 0, connectTimeout: 1s}, http: "
                 "{http2MaxRequests: 1, h2UpgradePolicy: UPGRADE}}")
              .empty());
    CHECK(policy("connectionPool: {}") == "IST0106 this connectionPool says nothing\n");
    CHECK(policy("connectionPool: {tcp: {maxConnections: -1}}") ==
          "IST0106 spec.trafficPolicy.connectionPool.tcp.maxConnections is -1, and must be 0 at "
          "least\n");
    CHECK_THAT(policy("loadBalancer: {simple: NOPE}"),
               test::Contains("there is no load balancer \"NOPE\""));
    CHECK(policy("portLevelSettings: [{port: {number: 443}, tls: {mode: DISABLE}}]").empty());
    CHECK(policy("portLevelSettings: [{port: {number: 443}}]") ==
          "IST0106 these settings of a port say nothing\n");
    CHECK(policy("portLevelSettings: [{tls: {mode: DISABLE}}]") ==
          "IST0106 spec.trafficPolicy.portLevelSettings[0].port is missing\n");
}

TEST_CASE("what a Gateway of the Gateway API is given is right", "[manifest]") {
    const auto with = [](std::string_view fields) {
        return mistakes(test::replaced(api_gateway("gw", listener("l", "a.org")), "spec:\n",
                                       "spec:\n  " + std::string(fields) + "\n"));
    };
    CHECK(with("addresses: [{value: 192.0.2.1}, {type: Hostname, value: a.org}, {type: "
               "example.com/x, value: A}, {type: IPAddress}]")
              .empty());
    CHECK(with("addresses: [{type: IPAddress, value: nope}]") ==
          "X-VALUE \"nope\" is no address\n");
    CHECK(with("addresses: [{type: Hostname, value: a.b}, {type: Hostname, value: a.b}]") ==
          "X-VALUE \"a.b\" stands here twice\n");
    CHECK(with("infrastructure: {labels: {'a b': c}}") == "X-VALUE \"a b\" is no key of a label\n");
    CHECK_THAT(route("", "name: a, port: 443, filters: []"),
               test::StartsWith("X-UNSUPPORTED ") && test::Contains("filters"));
}

TEST_CASE("labels and names of ports are what the API server takes for them", "[manifest]") {
    const auto pod = [](std::string_view label, std::string_view port) {
        return mistakes("apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: '" +
                        std::string(label) +
                        "'}}\nspec: {containers: [{name: c, image: i, ports: [{containerPort: "
                        "8443, name: " +
                        std::string(port) + "}]}]}\n");
    };
    CHECK(pod("a.b_c", "https-1").empty());
    CHECK(pod("", "https").empty());
    CHECK(pod("a b", "https") == "X-VALUE \"a b\" is no value of the label \"app\"\n");
    CHECK(pod(std::string(64, 'a'), "https").starts_with("X-VALUE "));
    for (const std::string wrong : {"https-passthrough", "Https", "a--b", "'1'", "-a"}) {
        CAPTURE(wrong);
        CHECK_THAT(pod("a", wrong), test::Contains("is no name of a container's port"));
    }
    CHECK_THAT(mistakes("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: "
                        "[{port: 443, targetPort: https-passthrough}]}\n"),
               test::Contains("is no name of a container's port"));
    CHECK(istio("VirtualService",
                "hosts: [a.org], tls: [{match: [{sniHosts: [a.org], sourceLabels: {'a b': c}}], "
                "route: [{destination: {host: a}}]}]") ==
          "IST0106 \"a b\" is no key of a "
          "label\n");
    CHECK_THAT(mistakes(gateway(
                   "gw", test::replaced(server("a.org"), "hosts:", "bind: nonsense, hosts:"))),
               test::Contains("is no address to listen at"));
}

TEST_CASE("the namespace of a server's host is one", "[manifest]") {
    const auto host = [](std::string_view text) {
        return istio("Gateway",
                     "selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: tls, "
                     "protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: ['" +
                         std::string(text) + "']}]");
    };
    for (const char* fine : {"a.org", "./a.org", "*/a.org", "ns/*.a.org"}) {
        CAPTURE(fine);
        CHECK(host(fine).empty());
    }
    for (const char* wrong : {"~/a.org", "a_b/a.org", "n.s/a.org"}) {
        CAPTURE(wrong);
        CHECK_THAT(host(wrong), test::Contains("which is no namespace"));
    }
}

TEST_CASE("words of Istio's that are one of a few", "[manifest]") {
    const auto entry = [](std::string_view more) {
        return istio("ServiceEntry",
                     "hosts: [a.org], ports: [{number: 443, name: tls, protocol: TLS}], " +
                         std::string(more));
    };
    CHECK(entry("resolution: DNS, location: MESH_INTERNAL").empty());
    CHECK(entry("resolution: dns") == "IST0106 there is no resolution \"dns\"\n");
    CHECK(entry("location: EXTERNAL") == "IST0106 there is no location \"EXTERNAL\"\n");
    const auto least = [](std::string_view version) {
        return istio("Gateway",
                     "selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: tls, "
                     "protocol: HTTPS}, hosts: [a.org], tls: {mode: SIMPLE, credentialName: c, "
                     "minProtocolVersion: " +
                         std::string(version) + "}}]");
    };
    CHECK(least("TLSV1_2").empty());
    CHECK(least("TLSv1_2") == "IST0106 there is no minProtocolVersion \"TLSv1_2\"\n");
}

TEST_CASE("what a name was generated from says nothing beside the name", "[manifest]") {
    const auto pod = [](std::string_view name) {
        return mistakes("apiVersion: v1\nkind: Pod\nmetadata: {" + std::string(name) +
                        "generateName: a-}\nspec: {containers: [{name: c, image: i}]}\n");
    };
    CHECK(pod("name: a-1, ").empty());
    CHECK_THAT(pod(""), test::Contains("metadata.name is missing") &&
                            test::Contains("generateName is not understood"));
}

}  // namespace manifest_refused_words_test
