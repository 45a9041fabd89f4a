// Gateways whose pods differ share nothing; which pods there are, and where they run.
#include "lab/lookup/gateway_pods.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/documents.h"
#include "lab/routing/routing.h"
#include "lab/scenario/scenario.h"
#include "tests/support/catch.h"

namespace lookup_gateway_pods_test {

using namespace sni;
using namespace sni::manifest;
using namespace sni::routing;
using namespace sni::scenario;

namespace {

std::string pods_of_gateway(std::string_view ns, std::string_view name, std::string_view labels) {
    return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + std::string(name) +
           ", namespace: " + std::string(ns) + "}\nspec:\n  selector: {matchLabels: {" +
           std::string(labels) + "}}\n  template:\n    metadata: {labels: {" + std::string(labels) +
           "}}\n    spec: {containers: [{name: proxy, image: istio/proxyv2}]}\n";
}

std::string tls_gateway(std::string_view path, std::string_view selector,
                        std::string_view hosts = "'*.example.com'", std::string_view port = "443") {
    const std::size_t slash = path.find('/');
    return "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(path.substr(slash + 1)) +
           ", namespace: " + std::string(path.substr(0, slash)) + "}\nspec:\n  selector: {" +
           std::string(selector) + "}\n  servers: [{port: {number: " + std::string(port) +
           ", name: tls, protocol: TLS}, hosts: [" + std::string(hosts) +
           "], tls: {mode: PASSTHROUGH}}]\n";
}

std::string shop_at(std::string_view gateway, std::string_view host, std::string_view more = "",
                    std::string_view name = "shop", std::string_view ns = "edge") {
    return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) + "}\nspec:\n  hosts: [" +
           std::string(host) + "]\n  gateways: ['" + std::string(gateway) +
           "']\n  tls: [{match: [{sniHosts: [" + std::string(host) +
           "]}], route: [{destination: {host: " + std::string(name) + "}}]}]\n" + std::string(more);
}

std::string service_of(std::string_view name, std::string_view ns = "edge") {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + std::string(name) +
           ", namespace: " + std::string(ns) + "}\nspec: {selector: {app: " + std::string(name) +
           "}, ports: [{port: 443, targetPort: 8443}]}\n" +
           pods_of_gateway(ns, name, "app: " + std::string(name));
}

struct Played {
    explicit Played(std::string text, const Environment& environment = {})
        : parsed(parse_manifests({{.name = "a.yaml", .text = std::move(text)}}, "default")),
          findings(parsed.manifest.files),
          routing(routing::route(parsed.manifest, findings, environment)) {
        for (const Diagnostic& d : findings.take()) {
            codes.push_back(d.code);
        }
    }
    Parsed parsed;
    Findings findings;
    Routing routing;
    std::vector<std::string> codes;

    bool says(std::string_view code) const { return std::ranges::find(codes, code) != codes.end(); }
    /// "edge/public: routed, edge/internal: reset".
    std::string each(std::string_view name) const {
        std::string text;
        for (const Answer& answer : ask_each(routing, {.sni = std::string(name)})) {
            text += text.empty() ? "" : ", ";
            text += answer.gateways.empty() ? "" : answer.gateways.front() + ": ";
            text += to_string(answer.outcome);
        }
        return text;
    }
};

std::string public_and_internal() {
    return service_of("shop") + service_of("blog") +
           pods_of_gateway("edge", "public", "gw: public") +
           pods_of_gateway("edge", "internal", "gw: internal") +
           tls_gateway("edge/public", "gw: public") + tls_gateway("edge/internal", "gw: internal");
}

}  // namespace

TEST_CASE("Gateways that select different pods do not take each other's hosts", "[lookup]") {
    const Played played(public_and_internal() + shop_at("edge/public", "shop.example.com") +
                        shop_at("edge/internal", "blog.example.com", "", "blog"));
    CHECK(played.each("shop.example.com") == "edge/public: routed, edge/internal: reset");
    CHECK(played.each("blog.example.com") == "edge/internal: routed, edge/public: reset");
    CHECK(!played.says("IST0145"));
    CHECK(!played.says("X-DUP-SNI"));
}

TEST_CASE("two selectors that match one pod are one gateway", "[lookup]") {
    const Played played(
        service_of("shop") + pods_of_gateway("edge", "gate", "gw: one, tier: outer") +
        tls_gateway("edge/g1", "gw: one") + tls_gateway("edge/g2", "'gw': one, tier: outer") +
        shop_at("edge/g1", "shop.example.com"));
    CHECK(played.says("IST0145"));
    CHECK(played.routing.envoys.empty());
}

TEST_CASE("pods in the files say where a gateway runs", "[lookup]") {
    const std::string text = service_of("shop") + pods_of_gateway("edge", "gate", "gw: one") +
                             tls_gateway("edge/g1", "gw: one") +
                             shop_at("edge/g1", "shop.example.com");
    CHECK(Played(text + "  exportTo: ['.']\n").each("shop.example.com") == "routed");
    CHECK(Played(text + "  exportTo: [istio-system]\n").each("shop.example.com") == "closed-port");
    const Parsed parsed = parse_manifests({{.name = "a.yaml", .text = text}}, "default");
    CHECK(settled(parsed.manifest, {}).gateway_namespace == "edge");
}

TEST_CASE("each group of given labels is a gateway of its own", "[lookup]") {
    const std::string text = service_of("shop") + service_of("blog") +
                             tls_gateway("edge/in", "gw: in") + tls_gateway("edge/out", "gw: out") +
                             shop_at("edge/in", "shop.example.com") +
                             shop_at("edge/out", "shop.example.com", "", "blog");
    Environment environment{.gateway_labels = Labels{{"gw", "in"}}};
    CHECK(Played(text, environment).each("shop.example.com") == "routed");
    environment.more_gateway_labels = {Labels{{"gw", "out"}}};
    CHECK(Played(text, environment).each("shop.example.com") ==
          "edge/in: routed, edge/out: routed");
}

TEST_CASE("the lab refuses a name that two gateways have at one port", "[lookup]") {
    const std::string text = public_and_internal() + shop_at("edge/public", "shop.example.com") +
                             shop_at("edge/internal", "shop.example.com", "", "blog");
    const Parsed parsed = parse_manifests({{.name = "a.yaml", .text = text}}, "default");
    const auto refused = resolve(parsed.manifest, "x").diagnostics;
    const auto found = std::ranges::find(refused, std::string("X-UNSUPPORTED"), &Diagnostic::code);
    REQUIRE(found != refused.end());
    CHECK(found->hint.find("--gateway edge/internal") != std::string::npos);
    const Resolved chosen = resolve(parsed.manifest, "x", {.gateway = "edge/internal"});
    CHECK(chosen.scenario.routes.size() == 1);
}

TEST_CASE("an old name of a Gateway is its name and its namespace, whatever follows", "[lookup]") {
    for (const std::string name :
         {"g1.edge", "g1.edge.svc.corp.internal", "g1.edge.svc.cluster.local"}) {
        CAPTURE(name);
        const Played played(service_of("shop") + pods_of_gateway("edge", "gate", "gw: one") +
                            tls_gateway("edge/g1", "gw: one") + shop_at(name, "shop.example.com"));
        CHECK(played.each("shop.example.com") == "routed");
        CHECK(played.says("IST0133"));
        CHECK(!played.says("IST0101"));
    }
}

TEST_CASE("TLS servers are built by port and protocol, not by age", "[lookup]") {
    const auto server = [](std::string_view name, std::string_view hosts,
                           std::string_view protocol) {
        std::string text = tls_gateway("edge/" + std::string(name), "gw: one", hosts);
        const std::size_t at = text.find("protocol: TLS");
        return text.replace(at, 13, "protocol: " + std::string(protocol));
    };
    const Played played(
        service_of("shop") + service_of("blog") + pods_of_gateway("edge", "gate", "gw: one") +
        server("a", "www.example.com", "TLS") + server("b", "shop.example.com", "HTTPS") +
        server("c", "'*.example.com'", "TLS") + shop_at("edge/b", "shop.example.com", "", "blog") +
        shop_at("edge/c", "shop.example.com"));
    const Answer answer = ask(played.routing.listeners, {.sni = "shop.example.com"});
    REQUIRE(answer.destinations.size() == 1);
    CHECK(answer.destinations.front().name == "shop");
}

TEST_CASE("a rule for every name and a younger plain server make Envoy refuse the listener",
          "[lookup]") {
    std::string plain = tls_gateway("edge/z", "gw: one", "'*'");
    plain.replace(plain.find("protocol: TLS"), 13, "protocol: HTTP");
    plain.replace(plain.find(", tls: {mode: PASSTHROUGH}"), 26, "");
    const Played played(service_of("shop") + pods_of_gateway("edge", "gate", "gw: one") +
                        tls_gateway("edge/a", "gw: one", "'*'") + plain + shop_at("edge/a", "'*'"));
    CHECK(played.each("shop.example.com") == "listener-rejected");
    CHECK(played.says("X-PORT-CONFLICT"));
}

TEST_CASE("a VirtualService for the gateway's own namespace comes before older public ones",
          "[lookup]") {
    const Played played(service_of("shop") + service_of("blog", "other") +
                        pods_of_gateway("edge", "gate", "gw: one") +
                        tls_gateway("edge/g1", "gw: one") +
                        shop_at("edge/g1", "shop.example.com", "", "blog", "other") +
                        shop_at("edge/g1", "shop.example.com", "  exportTo: ['.']\n"));
    const Answer answer = ask(played.routing.listeners, {.sni = "shop.example.com"});
    REQUIRE(answer.destinations.size() == 1);
    CHECK(answer.destinations.front().name == "shop");
}

}  // namespace lookup_gateway_pods_test
