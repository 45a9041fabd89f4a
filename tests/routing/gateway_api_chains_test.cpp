// The passes over the Gateway API's objects that make filter chains, each asked by itself.
#include "lab/routing/gateway_api/gateway_api_chains.h"

#include <string>
#include <utility>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_merge.h"
#include "tests/routing/gateway_api_objects.h"
#include "tests/support/catch.h"
#include "tests/support/conformance.h"
#include "tests/support/routing.h"

namespace routing_gateway_api_chains_test {

using namespace sni;
using namespace sni::routing;
using namespace sni::test::k8s;
using test::GatewayApiObjects;
using test::Texts;

namespace {

/// Of the first Gateway.
GatewayChains chains_of(GatewayApiObjects& objects, const std::vector<MergedListener>& merged) {
    return gateway_chains(objects.view(), objects.judged().front(), merged,
                          objects.attached().listeners.front(), objects.findings());
}

Texts names_of(const std::vector<FilterChain>& chains) {
    Texts all;
    for (const FilterChain& chain : chains) {
        std::string& own = all.emplace_back(std::to_string(chain.port));
        for (const Text& name : chain.names) {
            own += " " + name.value;
        }
    }
    return all;
}

}  // namespace

TEST_CASE("listeners are merged by name, and who has no port is handed on as lost", "[routing]") {
    GatewayApiObjects objects(api_gateway(
        "gw", plain("z", "a.org") + ", " + plain("b", "b.org") + ", " + at_port(80, "c", "c.org") +
                  ", " + listener("a", "a.org") + ", {name: udp, port: 53, protocol: UDP}"));
    const MergedListeners merged = merge_listeners(objects.judged().front(), objects.findings());
    std::vector<std::pair<std::size_t, bool>> order;
    for (const MergedListener& at : merged.listeners) {
        order.emplace_back(at.listener, at.shares_chain);
    }
    CHECK(order == std::vector<std::pair<std::size_t, bool>>{{3, false}, {1, false}, {0, true}});
    REQUIRE(merged.lost.size() == 1);
    CHECK(merged.lost.front().names == Texts{"c.org"});
    CHECK(objects.codes() == Texts{"X-PORT-CONFLICT"});
}

TEST_CASE("a Gateway's chains are made in the order of the listeners that are handed over",
          "[routing]") {
    GatewayApiObjects objects(workload("a") +
                              api_gateway("gw", listener("l", "*.org") + ", " +
                                                    listener("m", "b.org") + ", " +
                                                    at_port(444, "o", "")) +
                              tls_route("r", "{name: gw}", "a.org, b.org", kToA443));
    const auto made = [&](const std::vector<MergedListener>& merged) {
        return names_of(chains_of(objects, merged).chains);
    };
    CHECK(made({{.listener = 2}, {.listener = 0}}) == Texts{"444 a.org b.org", "443 a.org b.org"});
    // One name is taken: the match at the second listener of the port is skipped whole.
    CHECK(made({{.listener = 1}, {.listener = 0}}) == Texts{"443 b.org"});
    const GatewayChains one = chains_of(objects, {{.listener = 1}, {.listener = 0}});
    REQUIRE(one.lost.size() == 1);
    CHECK(one.lost.front().names == Texts{"a.org", "b.org"});
    CHECK(one.lost.front().taken == "b.org");
    CHECK(one.ports == std::vector<std::uint16_t>{443, 443});
    CHECK(one.closed.empty());
}

TEST_CASE("every name among a route's others is a chain of its own", "[routing]") {
    GatewayApiObjects objects(workload("a") + api_gateway("gw", listener("l")) +
                              tls_route("r", "{name: gw}", "'*', a.org", kToA443));
    CHECK(names_of(chains_of(objects, {{.listener = 0}}).chains) == Texts{"443 *", "443 a.org"});
}

TEST_CASE("TCP goes to the first TCPRoute that is not void", "[routing]") {
    const auto tcp_route = [](std::string_view name, std::string_view backend) {
        const std::string route =
            test::replaced(tls_route(name, "{name: gw}", "", backend), "TLSRoute", "TCPRoute");
        return test::replaced(route, "  hostnames: []\n", "");
    };
    GatewayApiObjects objects(
        workload("a") + api_gateway("gw", "{name: raw, port: 443, protocol: TCP}") +
        tcp_route("a-void", "{name: a.ns, port: 443}") + tcp_route("good", kToA443));
    const GatewayChains made = chains_of(objects, {{.listener = 0}});
    REQUIRE(made.chains.size() == 1);
    CHECK(made.chains.front().ends == FilterChain::Ends::raw);
    CHECK(made.chains.front().rule.path() == "ns/good");
}

TEST_CASE("what a Gateway's listener comes to is a chain, or why its port is closed", "[routing]") {
    GatewayApiObjects objects(workload("a") +
                              api_gateway("gw", at_port(1, "empty", "") + ", " +
                                                    at_port(2, "void", "") + ", " +
                                                    plain("web", "w.org", 3) + ", " +
                                                    ending("end", "e.org", "{name: c}", 4) + ", " +
                                                    ending("idle", "i.org", "{name: c}", 5) +
                                                    ", {name: udp, port: 6, protocol: UDP}") +
                              tls_route("v", "{name: gw, sectionName: void}", "v.org",
                                        "{name: a, port: 443, weight: 0}") +
                              tls_route("e", "{name: gw, sectionName: end}", "e.org", kToA443));
    std::vector<MergedListener> merged;
    for (std::size_t i = 0; i < 5; ++i) {
        merged.push_back({.listener = i});
    }
    const GatewayChains made = chains_of(objects, merged);
    CHECK(names_of(made.chains) == Texts{"3 *", "4 e.org"});
    CHECK(made.chains.front().ends == FilterChain::Ends::plain);
    REQUIRE(made.chains.back().inside);
    CHECK(made.chains.back().inside->path() == "ns/a");
    CHECK(made.ports == std::vector<std::uint16_t>{1, 2, 4});
    REQUIRE(made.closed.size() == 4);
    CHECK(made.closed.at(1) ==
          "no TLSRoute is attached to listener \"empty\" of Gateway \"ns/gw\"");
    CHECK_THAT(made.closed.at(2), test::Contains("backends with a weight"));
    CHECK_THAT(made.closed.at(5), test::Contains("no route with a weight is attached"));
    CHECK_THAT(made.closed.at(6), test::Contains("is not accepted: UnsupportedProtocol"));
    CHECK(objects.codes() == Texts{"X-UNSUPPORTED"});
    // Plain HTTP that another listener has the chain of.
    CHECK(chains_of(objects, {{.listener = 2, .shares_chain = true}}).chains.empty());
}

TEST_CASE("a listener that asks clients for a certificate is not run by the lab", "[routing]") {
    const auto runs = [](std::string_view frontend) {
        GatewayApiObjects objects(
            workload("a") + test::conformance::good_secret("c", "ns") +
            test::replaced(api_gateway("gw", ending("l", "a.org", "{name: c}")), "spec:",
                           "spec:\n  tls: {frontend: {default: {" + std::string(frontend) + "}}}") +
            tls_route("r", "{name: gw}", "a.org", kToA443));
        const GatewayChains made = chains_of(objects, {{.listener = 0}});
        REQUIRE(made.chains.size() == 1);
        return made.chains.front().inside.has_value();
    };
    CHECK(runs(""));
    CHECK_FALSE(runs("validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}"));
}

TEST_CASE("a listener without a TLSRoute is not told of where a set's has one on its port",
          "[routing]") {
    const auto told = [](std::string_view section) {
        GatewayApiObjects objects(
            workload("a") +
            test::replaced(api_gateway("gw", listener("l", "a.org")),
                           "spec:", "spec:\n  allowedListeners: {namespaces: {from: All}}") +
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: s, "
            "namespace: ns}\nspec:\n  parentRef: {name: gw}\n  listeners: [" +
            listener("near", "b.org") + ", " + at_port(444, "far", "b.org") + "]\n" +
            tls_route("r",
                      "{kind: ListenerSet, name: s, sectionName: " + std::string(section) + "}",
                      "b.org", kToA443));
        chains_of(objects, {{.listener = 0}});
        return objects.codes();
    };
    CHECK(told("near").empty());
    CHECK(told("far") == Texts{"X-NO-ROUTE"});
}

TEST_CASE("a Gateway sees the Services that are exported to its own namespace", "[routing]") {
    const auto to = [](std::string_view exported) {
        return test::Routed(test::replaced(workload("a"), "{name: a, namespace: ns}",
                                           "{name: a, namespace: ns, annotations: "
                                           "{networking.istio.io/exportTo: '" +
                                               std::string(exported) + "'}}") +
                            api_gateway("gw", listener("l")) +
                            tls_route("r", "{name: gw}", "a.org", kToA443))
            .to("a.org");
    };
    CHECK(to(".") == "routed ns/a:443->8443*1");
    CHECK(to("istio-system") == "reset");
}

TEST_CASE("plain HTTP of a Gateway that is defined twice is one chain all the same", "[routing]") {
    const std::string gateway = api_gateway("gw", plain("web", "w.org"));
    CHECK(test::read_text(gateway + gateway).errors() ==
          std::vector<std::string>{"X-DUPLICATE", "X-UNSUPPORTED"});
}

}  // namespace routing_gateway_api_chains_test
