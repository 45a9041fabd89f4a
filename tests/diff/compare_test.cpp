// Which names go elsewhere with other manifests.
#include <nlohmann/json.hpp>

#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_compare_test {

using namespace sni;
using namespace sni::test::k8s;
using test::changes;
using test::diffed;
using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view kA = "{name: a, port: 443}";

std::string istio(const std::string& rules, std::string_view hosts = "'*'") {
    return two_backends(hosts) + service("vs", hosts, rules);
}

std::string gateway_api(std::string_view hostnames, std::string_view backends = kA,
                        std::string_view hostname = "") {
    return workload("a") + workload("b") + api_gateway("edge", listener("l", hostname)) +
           tls_route("r", "{name: edge}", hostnames, backends);
}

}  // namespace

TEST_CASE("manifests that are the same change nothing, and every name counts", "[diff]") {
    const std::string text = istio(rule("a.example.com, '*.example.com'") + rule("b.org", "b"));
    const diff::Report report = diffed(text, text);
    CHECK(report.changes.empty());
    CHECK(report.same == 3);
}

TEST_CASE("the same routes in the other API change nothing", "[diff]") {
    const diff::Report report = diffed(istio(rule("A.example.com, '*.b.example.com'")),
                                       gateway_api("a.example.com, '*.b.example.com'"));
    CHECK(changes(report).empty());
    CHECK(report.same == 2);
}

TEST_CASE("a name that goes elsewhere, nowhere, or comes anew is told", "[diff]") {
    CHECK(changes(istio(rule("a.org") + rule("b.org") + rule("c.org")),
                  istio(rule("a.org", "b") + rule("c.org") + rule("d.org"))) ==
          Lines{"lost b.org 443: ns/a:443 -> nowhere", "moved a.org 443: ns/a:443 -> ns/b:443",
                "new d.org 443: nowhere -> ns/a:443"});
}

TEST_CASE("a Service that leads to other pods, or to another port of them, is told", "[diff]") {
    const auto text = [](const std::string& old, const std::string& now) {
        return diff::to_text(diffed(old, now));
    };
    const std::string old = istio(rule("a.org"));
    const std::string port = test::replaced(old, "targetPort: 8443", "targetPort: 8080");
    CHECK(changes(old, port) == Lines{"moved a.org 443: ns/a:443 -> ns/a:443"});
    CHECK(text(old, port).find("ns/a:443 (target port 8443) -> ns/a:443 (target port 8080)") !=
          std::string::npos);
    const std::string pods = test::replaced(old, "selector: {app: a}", "selector: {app: b}");
    CHECK(text(old, pods).find("ns/a:443 (pods app=a) -> ns/a:443 (pods app=b)") !=
          std::string::npos);
    CHECK(changes(pods, pods).empty());
    // The old files do not have the Service: nobody knows where it led.
    const std::string rules_only =
        gateway("gw", server("a.org")) + service("vs", "a.org", rule("a.org"));
    CHECK(changes(rules_only, port).empty());

    // The labels of the pods change with it.
    std::string renamed = old;
    for (const char* key : {"selector: {app: a}", "matchLabels: {app: a}", "labels: {app: a}"}) {
        std::string now = key;
        now.replace(now.find("app: a"), 6, "run: a");
        renamed = test::replaced(renamed, key, now);
    }
    CHECK(changes(old, renamed).empty());
}

TEST_CASE("subsets of a Service are other pods", "[diff]") {
    const auto pods = [](const std::string& version) {
        return test::replaced(
            test::replaced(test::replaced(workload("a").substr(workload("a").rfind("---")),
                                          "name: a", "name: a-" + version),
                           "matchLabels: {app: a}", "matchLabels: {app: a, v: " + version + "}"),
            "labels: {app: a}", "labels: {app: a, v: " + version + "}");
    };
    const auto subsets = [](std::string_view one, std::string_view two) {
        return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: "
               "dr, "
               "namespace: ns}\nspec: {host: a, subsets: [{name: v1, labels: {v: " +
               std::string(one) + "}}, {name: v2, labels: {v: " + std::string(two) + "}}]}\n";
    };
    const auto shares = [](int one, int two) {
        const auto to = [](std::string_view subset, int weight) {
            return "{destination: {host: a, subset: " + std::string(subset) +
                   "}, weight: " + std::to_string(weight) + "}";
        };
        return "  - match: [{sniHosts: [a.org]}]\n    route: [" + to("v1", one) + ", " +
               to("v2", two) + "]\n";
    };
    const std::string service = workload("a").substr(0, workload("a").rfind("---"));
    const std::string gate = service + gateway("gw", server("a.org")) + pods("one") + pods("two");
    const auto text = [&](const std::string& rules, const std::string& more) {
        return gate + test::k8s::service("vs", "a.org", rules) + more;
    };
    const std::string usual = subsets("one", "two");
    const std::string one = rule("a.org", "a, subset: v1");
    CHECK(changes(text(one, usual), text(one, usual)).empty());
    CHECK(changes(text(one, usual), text(rule("a.org", "a, subset: v2"), usual)).size() == 1);
    CHECK(changes(text(shares(90, 10), usual), text(shares(10, 90), usual)).size() == 1);
    CHECK(changes(text(shares(90, 10), usual), text(shares(9, 1), usual)).empty());
    CHECK(changes(text(one, usual), text(one, subsets("two", "one"))).size() == 1);
    CHECK_THAT(
        diff::to_text(diffed(text(one, usual), text(rule("a.org", "a, subset: v2"), usual))),
        test::Contains("ns/a:443 subset v1 (pods v=one) -> ns/a:443 subset v2 (pods v=two)"));
}

TEST_CASE("other endpoints behind one Service are told", "[diff]") {
    const std::string gate =
        gateway("gw", server("a.org")) + test::k8s::service("vs", "a.org", rule("a.org"));
    const auto moved = [&](const std::string& old, const std::string& now) {
        return changes(gate + old, gate + now).size() == 1;
    };
    const std::string service = workload("a").substr(0, workload("a").rfind("---"));
    const std::string named = test::replaced(service, "targetPort: 8443", "targetPort: https");
    CHECK(moved(named, test::replaced(service, "targetPort: 8443", "targetPort: admin")));
    CHECK_FALSE(moved(named, service));  // a number may be the same
    // The label goes from one Deployment to another; a second one leaves the first where it was.
    const std::string a = workload("a").substr(workload("a").rfind("---"));
    const std::string green = test::replaced(a, "name: a", "name: green");
    CHECK(moved(service + a, service + green));
    CHECK_FALSE(moved(service + a, service + a + green));
    // Pods have another name after each rollout.
    const auto pod = [](std::string_view name) {
        return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
               ", namespace: ns, labels: {app: a}}\nspec: {containers: [{name: c, image: i, ports: "
               "[{containerPort: 8443}]}]}\n";
    };
    CHECK_FALSE(moved(service + pod("a-1"), service + pod("a-2")));

    const std::string bare = test::replaced(service, "selector: {app: a}", "type: ClusterIP");
    const auto slice = [](std::string_view address, int port = 8443) {
        return "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a-1, "
               "namespace: ns, labels: {kubernetes.io/service-name: a}}\naddressType: IPv4\nports: "
               "[{port: " +
               std::to_string(port) + "}]\nendpoints: [{addresses: [" + std::string(address) +
               "]}]\n";
    };
    CHECK(moved(bare + slice("10.0.0.1"), bare + slice("10.0.0.2")));
    CHECK(moved(bare + slice("10.0.0.1"), bare + slice("10.0.0.1", 9443)));
    CHECK_FALSE(moved(bare + slice("10.0.0.1"), bare));  // not in these files
    CHECK(moved(service, bare + slice("192.0.2.1")));
}

TEST_CASE("another port or weight of an endpoint is told", "[diff]") {
    const auto entry = [](std::string_view endpoints) {
        return gateway("gw", server("a.org")) +
               test::k8s::service("vs", "a.org", rule("a.org", "out.example")) +
               "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: out, "
               "namespace: ns}\nspec: {hosts: [out.example], resolution: STATIC, ports: [{number: "
               "443, name: tls, protocol: TLS}], endpoints: [" +
               std::string(endpoints) + "]}\n";
    };
    const auto moved = [&](std::string_view old, std::string_view now) {
        return changes(entry(old), entry(now)).size() == 1;
    };
    const std::string two = "{address: 192.0.2.1, ports: {tls: 8443}}, {address: 192.0.2.2}";
    CHECK(moved(two, "{address: 192.0.2.1, ports: {tls: 9443}}, {address: 192.0.2.2}"));
    CHECK(moved(two, "{address: 192.0.2.1, ports: {tls: 8443}, weight: 9}, {address: 192.0.2.2}"));
    CHECK_FALSE(moved(two,
                      "{address: 192.0.2.2, weight: 7}, "
                      "{address: 192.0.2.1, ports: {tls: 8443}, weight: 7}"));
}

TEST_CASE("each of several gateways is compared with itself, also where one more comes", "[diff]") {
    const auto of = [](std::string_view name, std::string_view label) {
        return test::replaced(gateway(name, server("a.org")), "istio: ingressgateway",
                              "istio: " + std::string(label));
    };
    const auto pod = [](std::string_view label, std::string_view name) {
        return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
               ", namespace: " + std::string(label) + ", labels: {istio: " + std::string(label) +
               "}}\nspec: {containers: [{name: istio-proxy, image: auto}]}\n";
    };
    const auto names = [](std::string_view gateways) {
        return test::k8s::service("vs", "a.org", rule("a.org"), "", gateways);
    };
    const std::string two = workload("a") + of("public", "front") + of("internal", "back") +
                            pod("front", "front-1") + pod("back", "back-1");
    const Lines lost = {"lost a.org 443 at ns/internal: ns/a:443 -> nowhere"};
    CHECK(changes(two + names("public, internal"), two + names("public")) == lost);
    const std::string rolled = test::replaced(two, "name: back-1", "name: back-2");
    CHECK(changes(two + names("public, internal"), rolled + names("public")) == lost);
    const std::string three = two + of("partner", "third") + pod("third", "third-1");
    CHECK(changes(two + names("public, internal"), three + names("public")) == lost);

    const auto api = [](std::string_view gateways, std::string_view parent) {
        std::string text = workload("a");
        for (const char name : gateways) {
            text += api_gateway(std::string(1, name), listener("l"));
        }
        return text + tls_route("r", "{name: " + std::string(parent) + "}", "a.org", kA);
    };
    CHECK(changes(api("a", "a"), api("ab", "b")) ==
          Lines{"lost a.org 443 at ns/a: ns/a:443 -> nowhere"});
}

TEST_CASE("a name that a DestinationRule puts into the gateway's own TLS is lost", "[diff]") {
    const std::string rules = istio(rule("a.org") + rule("b.org", "b"));
    const std::string wrapped = rules + destination_rule("a", "tls: {mode: SIMPLE}");
    CHECK(changes(rules, wrapped) == Lines{"lost a.org 443: ns/a:443 -> ns/a:443 closed"});
    CHECK(changes(wrapped, rules) == Lines{"new a.org 443: ns/a:443 closed -> ns/a:443"});
    CHECK(changes(wrapped, wrapped).empty());
}

TEST_CASE("a name that loses passthrough stands first", "[diff]") {
    const std::string old = istio(rule("z.org") + rule("a.org"));
    const std::string now = workload("a") + workload("b") +
                            gateway("gw", server("z.org", "SIMPLE", 443, "tls", "HTTPS")) +
                            "---\n" + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";
    CHECK(changes(old, now) == Lines{"terminated z.org 443: ns/a:443 -> terminated",
                                     "lost a.org 443: ns/a:443 -> nowhere"});
    CHECK(changes(now, old) ==
          Lines{"passed z.org 443: terminated -> ns/a:443", "new a.org 443: nowhere -> ns/a:443"});
}

TEST_CASE("a name that one side names alone is asked of the other side's wildcard", "[diff]") {
    const std::string wild = istio(rule("'*.example.com'"));
    CHECK(changes(wild, istio(rule("'*.example.com'") + rule("a.example.com"))).empty());
    CHECK(changes(wild, istio(rule("'*.example.com'") + rule("a.example.com", "b"))) ==
          Lines{"moved a.example.com 443: ns/a:443 -> ns/b:443"});
    // A name below it is not asked for the wildcard.
    CHECK(changes(istio(rule("'*.example.com', x.example.com")),
                  istio(rule("x.example.com") + rule("'*.example.com'", "b"))) ==
          Lines{"moved *.example.com 443: ns/a:443 -> ns/b:443"});
    CHECK(changes(wild, istio(rule("a.example.com"))) ==
          Lines{"lost *.example.com 443: ns/a:443 -> nowhere"});
    CHECK(changes(istio(rule("'*'")), wild) == Lines{"lost * 443: ns/a:443 -> nowhere"});
}

TEST_CASE("a changed share is a change, and the same share in other numbers is none", "[diff]") {
    const auto shared = [](int a, int b) {
        return gateway_api("a.org", "{name: a, port: 443, weight: " + std::to_string(a) +
                                        "}, {name: b, port: 443, weight: " + std::to_string(b) +
                                        "}");
    };
    CHECK(changes(shared(1, 3), shared(25, 75)).empty());
    CHECK(changes(shared(1, 0), gateway_api("a.org")).empty());
    CHECK(changes(shared(1, 3), shared(1, 1)) ==
          Lines{"moved a.org 443: ns/a:443 ns/b:443*3 -> ns/a:443 ns/b:443"});
}

TEST_CASE("the same backend by another spelling is no change", "[diff]") {
    const std::string old = istio(rule("a.org"));
    CHECK(changes(old, istio(rule("a.org", "a.ns.svc.cluster.local"))).empty());
    CHECK(changes(old, istio(rule("a.org", "a, port: {number: 443}"))).empty());
}

TEST_CASE("a Service that the old side does not have is the same Service", "[diff]") {
    const auto routes = [](std::string_view backend) {
        return api_gateway("edge", listener("l")) +
               tls_route("r", "{name: edge}", "a.org", backend);
    };
    const auto rules = [](std::string_view host) {
        return gateway("gw", server("'*'")) + service("vs", "'*'", rule("a.org", host));
    };
    CHECK(changes(routes(kA), istio(rule("a.org", "a, port: {number: 443}"))).empty());
    CHECK(changes(rules("a, port: {number: 443}"), routes(kA)).empty());
    CHECK(changes(rules("a"), routes(kA)).empty());
    CHECK(changes(routes(kA), routes("{name: b, port: 443}")) ==
          Lines{"moved a.org 443: ns/a:443 -> ns/b:443"});
}

TEST_CASE("a destination that the new side lacks and the old one has is a loss", "[diff]") {
    const std::string rules = gateway("gw", server("'*'")) + service("vs", "'*'", rule("a.org"));
    const std::string whole = workload("a");
    const std::string pods = whole.substr(whole.find("---", 1));
    for (const std::string& left : {std::string(), pods, workload("b")}) {
        CAPTURE(left);
        const diff::Report report = diffed(whole + rules, left + rules);
        CHECK(changes(report) == Lines{"lost a.org 443: ns/a:443 -> ns/a closed"});
        CHECK_THAT(to_text(report), test::Contains("(no Service has the host \"a\")"));
    }
    // Pods without it show that the old side had none.
    CHECK(changes(pods + rules, whole + rules) == Lines{"new a.org 443: ns/a closed -> ns/a:443"});

    const std::string routes =
        api_gateway("edge", listener("l")) + tls_route("r", "{name: edge}", "a.org", kA);
    CHECK(changes(whole + routes, routes) == Lines{"lost a.org 443: ns/a:443 -> ns/a:443 closed"});

    const std::string outside = gateway("gw", server("'*'")) +
                                service("vs", "'*'", rule("a.org", "far.org, port: {number: 443}"));
    const std::string entry =
        "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e, "
        "namespace: ns}\nspec: {hosts: [far.org], resolution: DNS, ports: [{number: 443, name: "
        "tls, protocol: TLS}]}\n";
    CHECK(changes(outside + entry, outside) ==
          Lines{"lost a.org 443: far.org:443 -> far.org:443 closed"});
    CHECK(changes(outside, outside + entry) ==
          Lines{"new a.org 443: far.org:443 closed -> far.org:443"});
}

TEST_CASE("a backend that no grant opens is a loss, wherever its Service is", "[diff]") {
    const std::string routes =
        api_gateway("edge", listener("l")) +
        tls_route("r", "{name: edge}", "a.org", "{name: a, namespace: far, port: 443}");
    const std::string grant =
        "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
        "metadata: {name: g, namespace: far}\nspec:\n  from: [{group: gateway.networking.k8s.io, "
        "kind: TLSRoute, namespace: ns}]\n  to: [{group: '', kind: Service}]\n";
    CHECK(changes(routes + grant, routes) ==
          Lines{"lost a.org 443: far/a:443 -> far/a:443 closed"});
}

TEST_CASE("a name is asked at every port at which either side has it", "[diff]") {
    const auto at = [](int port) {
        return workload("a") + gateway("gw", server("'*'", "PASSTHROUGH", port)) +
               service("vs", "'*'", rule("a.org"));
    };
    CHECK(changes(at(443), at(8443)) ==
          Lines{"lost a.org 443: ns/a:443 -> nowhere", "new a.org 8443: nowhere -> ns/a:443"});
}

TEST_CASE("two sides with the same Gateways are compared Gateway by Gateway", "[diff]") {
    const auto two = [](std::string_view first, std::string_view second) {
        return workload("a") + api_gateway("in", listener("l")) +
               api_gateway("out", listener("l")) + tls_route("r", "{name: in}", first, kA) +
               tls_route("s", "{name: out}", second, kA);
    };
    CHECK(changes(two("a.org", "b.org"), two("a.org", "b.org")).empty());
    CHECK(changes(two("a.org", "b.org"), two("b.org", "a.org")) ==
          Lines{"lost a.org 443 at ns/in: ns/a:443 -> nowhere",
                "lost b.org 443 at ns/out: ns/a:443 -> nowhere",
                "new a.org 443 at ns/out: nowhere -> ns/a:443",
                "new b.org 443 at ns/in: nowhere -> ns/a:443"});
    // With others a name goes where any of them takes it.
    CHECK(changes(two("a.org", "b.org"), gateway_api("a.org, b.org")).empty());
}

TEST_CASE("a Gateway more for the same pods hides no move between gateways", "[diff]") {
    const auto both = [](std::string_view istios, std::string_view apis) {
        return istio(rule(istios)) + api_gateway("in", listener("l")) +
               tls_route("r", "{name: in}", apis, kA);
    };
    CHECK(changes(both("a.org", "b.org"),
                  both("b.org", "a.org") + gateway("more", server("x.org", "PASSTHROUGH", 8443))) ==
          Lines{"lost a.org 443 at ns/gw at ns/more: ns/a:443 -> nowhere",
                "lost b.org 443 at ns/in: ns/a:443 -> nowhere",
                "new a.org 443 at ns/in: nowhere -> ns/a:443",
                "new b.org 443 at ns/gw at ns/more: nowhere -> ns/a:443"});
}

TEST_CASE("a name that several gateways take is the same in whatever order they stand", "[diff]") {
    const auto gateway_of = [](std::string_view name, std::string_view backends) {
        return api_gateway(name, listener("l")) +
               tls_route(name, "{name: " + std::string(name) + "}", "a.org", backends);
    };
    constexpr std::string_view kBoth = "{name: a, port: 443}, {name: b, port: 443}";
    CHECK(changes(gateway_of("v", kBoth) + gateway_of("w", kA),
                  gateway_of("x", kA) + gateway_of("u", kBoth))
              .empty());
    const std::string ended = api_gateway("z",
                                          "{name: l, port: 443, protocol: HTTPS, hostname: "
                                          "a.org, tls: {certificateRefs: [{name: c}]}}");
    CHECK(changes(gateway_of("v", kA) + ended, ended) ==
          Lines{"terminated a.org 443: ns/a:443 terminated -> terminated"});
}

TEST_CASE("plain HTTP beside it is no name that TLS comes to", "[diff]") {
    const std::string old = istio(rule("a.org"));
    const diff::Report report =
        diffed(old, old + gateway("web",
                                  "{port: {number: 80, name: http, protocol: HTTP}, "
                                  "hosts: ['*']}"));
    CHECK(report.changes.empty());
    CHECK(report.same == 1);
}

TEST_CASE("Gateways of any class count, whoever runs them", "[diff]") {
    const std::string now = workload("a") + api_gateway("edge", listener("l"), "cilium") +
                            tls_route("r", "{name: edge}", "a.org", kA);
    CHECK(changes(istio(rule("a.org")), workload("b") + now).empty());
    CHECK(test::Routed(now).to("a.org") == "closed-port");
}

TEST_CASE("a listener that Envoy refuses loses all its names", "[diff]") {
    CHECK(changes(istio(rule("a.org")), istio(rule("a.org") + rule("A.org", "b"))) ==
          Lines{"lost a.org 443: ns/a:443 -> nowhere"});
}

TEST_CASE("a Gateway whose pods are in other files is told, and how to have it looked at",
          "[diff]") {
    const std::string internal =
        "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: in, namespace: "
        "ns}\nspec: {selector: {istio: internal}, servers: [" +
        server("b.org") + "]}\n";
    const diff::Report alone = diffed(workload("a") + internal, workload("a") + internal);
    CHECK(alone.is_empty_handed());
    REQUIRE(alone.aside.size() == 2);
    CHECK(alone.aside.front().object == "Gateway \"ns/in\"");
    CHECK_THAT(alone.aside.front().why, test::Contains("--gateway-labels istio=internal"));
    const diff::Report beside = diffed(istio(rule("a.org")) + internal, istio(rule("a.org")));
    CHECK(!beside.is_empty_handed());
    CHECK(beside.same == 1);
    CHECK(beside.aside.size() == 1);
}

TEST_CASE("routes whose Gateways are in other files are told, and are no comparison", "[diff]") {
    const std::string old = service("vs", "a.org", rule("a.org")) +
                            tls_route("r", "{name: edge, namespace: far}", "a.org", kA);
    const diff::Report report = diffed(old, workload("a"));
    CHECK(report.changes.empty());
    CHECK(report.is_empty_handed());
    REQUIRE(report.aside.size() == 2);
    CHECK(report.aside.front().object == "VirtualService \"ns/vs\"");
    CHECK(report.aside.front().what == "Gateway \"ns/gw\"");
    CHECK(report.aside.front().place.line > 0);
    CHECK(report.aside.back().object == "TLSRoute \"ns/r\"");
    CHECK(report.aside.back().what == "Gateway \"far/edge\"");
    // Nothing of these is for a gateway to be compared.
    CHECK(!diffed(workload("a"), workload("b")).is_empty_handed());
    CHECK(diffed(service("vs", "a.org", rule("a.org"), "", "mesh"), workload("a")).aside.empty());
    CHECK(diffed(istio(rule("a.org")), gateway_api("a.org")).aside.empty());
}

}  // namespace diff_compare_test
