// The passes over the Gateway API's objects that come before filter chains, each asked by itself:
// what one hands on is all that the next one knows.
#include <string>
#include <utility>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_status.h"
#include "tests/routing/gateway_api_objects.h"
#include "tests/support/catch.h"
#include "tests/support/conformance.h"

namespace routing_gateway_api_passes_test {

using namespace sni;
using namespace sni::routing;
using namespace sni::test::k8s;
using test::GatewayApiObjects;
using test::Texts;

namespace {

std::string listener_set(std::string_view name, std::string_view created, std::string_view own,
                         std::string_view parent = "gw", std::string_view ns = "ns") {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) + ", creationTimestamp: '" +
           std::string(created) + "'}\nspec:\n  parentRef: {name: " + std::string(parent) +
           ", namespace: ns}\n  listeners: [" + std::string(own) + "]\n";
}

std::string allowing_sets(const std::string& gateway, std::string_view from) {
    return test::replaced(
        gateway,
        "spec:", "spec:\n  allowedListeners: {namespaces: {from: " + std::string(from) + "}}");
}

Texts labels_of(const OwnGateway& gateway) {
    Texts all;
    for (const OwnListener& own : gateway.listeners) {
        all.push_back(own.label());
    }
    return all;
}

/// "kind step" of each parent, "-" where it came nowhere.
Texts steps_of(const AttachedRoutes& attached) {
    Texts all;
    for (const RouteParent& parent : attached.parents) {
        const bool mesh = parent.kind == RouteParent::Kind::mesh;
        const bool missing = parent.kind == RouteParent::Kind::missing;
        all.push_back(std::string(mesh      ? "mesh "
                                  : missing ? "missing "
                                            : "gateway ") +
                      (parent.step ? std::string(reason_of(*parent.step)) : "-"));
    }
    return all;
}

}  // namespace

TEST_CASE("Gateways of our class are handed on, and of others that they are somebody else's",
          "[routing]") {
    GatewayApiObjects objects(api_gateway("far", at_port(444, "l", ""), "istio-remote") +
                              api_gateway("gw", listener("l")) +
                              api_gateway("alien", listener("l"), "cilium"));
    const OwnGateways own = objects.own();
    REQUIRE(own.gateways.size() == 1);
    CHECK(own.gateways.front().gateway->meta.name.value == "gw");
    CHECK(own.find("Gateway", "ns/gw") == 0);
    CHECK(own.find("Gateway", "ns/alien") == std::nullopt);
    CHECK(own.find("ListenerSet", "ns/gw") == std::nullopt);
    REQUIRE(own.remote.size() == 1);
    CHECK(own.remote.front()->meta.name.value == "far");
    CHECK(own.closed.contains(443));
    CHECK(objects.codes() == Texts{"X-FOREIGN-CLASS", "X-FOREIGN-CLASS"});

    manifest::api::Reference to{.kind = {"Gateway", {}}, .ns = {"ns", {}}, .name = {"alien", {}}};
    CHECK(own.is_foreign(to));
    to.name.value = "gw";
    CHECK_FALSE(own.is_foreign(to));
    to.name.value = "nobody";
    CHECK_FALSE(own.is_foreign(to));
}

TEST_CASE("a Gateway's own listeners come first, then those of its sets by age", "[routing]") {
    const std::string sets =
        listener_set("a-young", "2024-01-01T00:00:00Z", listener("second")) +
        listener_set("old", "2020-01-01T00:00:00Z", listener("first")) +
        listener_set("outside", "2020-01-01T00:00:00Z", listener("x"), "gw", "other") +
        listener_set("lost", "2020-01-01T00:00:00Z", listener("x"), "nobody");
    GatewayApiObjects same(allowing_sets(api_gateway("gw", listener("l")), "Same") + sets);
    const OwnGateways own = same.own();
    CHECK(labels_of(own.gateways.front()) == Texts{"l", "ns/old/first", "ns/a-young/second"});
    CHECK(own.gateways.front().sets.size() == 2);
    CHECK(own.find("ListenerSet", "ns/old") == 0);
    CHECK(own.find("ListenerSet", "other/outside") == std::nullopt);
    REQUIRE(own.refused.size() == 1);
    CHECK(own.refused.front()->meta.name.value == "outside");
    CHECK(same.codes() == Texts{"X-LISTENER", "X-NOT-ATTACHED"});

    GatewayApiObjects all(allowing_sets(api_gateway("gw", listener("l")), "All") + sets);
    CHECK(labels_of(all.own().gateways.front()).size() == 4);
    GatewayApiObjects none(api_gateway("gw", listener("l")) + sets);
    CHECK(labels_of(none.own().gateways.front()) == Texts{"l"});
}

TEST_CASE("a listener is judged by its protocol, its certificates and who comes first",
          "[routing]") {
    GatewayApiObjects objects(
        api_gateway("gw", listener("l", "a.org") + ", " + ending("same", "a.org", "{name: c}") +
                              ", " + ending("unknown", "b.org", "{name: c}") + ", " +
                              ending("bad", "c.org", "{kind: Wax, name: c}") + ", " +
                              ending("one-good", "d.org", "{kind: Wax, name: c}, {name: c}") +
                              ", {name: udp, port: 53, protocol: UDP}"));
    const std::vector<JudgedListener> judged = objects.judged().front().listeners;
    REQUIRE(judged.size() == 6);
    CHECK(judged[0].is_valid());
    CHECK(judged[0].passes_tls_on());
    CHECK(judged[1].conflict == "HostnameConflict");
    CHECK(judged[1].winner == judged[0].listener);
    CHECK_FALSE(judged[1].is_parent());
    // It may be in the cluster.
    CHECK(judged[2].certificate.reason == "InvalidCertificateRef");
    CHECK_FALSE(judged[2].is_without_certificate());
    CHECK(judged[2].is_parent());
    CHECK(judged[3].is_without_certificate());
    // Of two that are of no use the one that may be there is blamed, by the first one's reason.
    CHECK(judged[4].certificate.culprit.to.kind.value == "Secret");
    CHECK_FALSE(judged[4].is_without_certificate());
    CHECK(judged[5].unaccepted == "UnsupportedProtocol");
}

TEST_CASE("of a listener's Secrets a good one is enough, and one that may be there is blamed first",
          "[routing]") {
    const auto judged = [](std::string_view secrets, std::string_view frontend = "") {
        GatewayApiObjects objects(
            test::conformance::good_secret("good", "ns") +
            test::replaced(api_gateway("gw", ending("l", "a.org", secrets)), "spec:",
                           "spec:\n  tls: {frontend: {default: {" + std::string(frontend) + "}}}"));
        return objects.judged().front().listeners.front();
    };
    CHECK(judged("{kind: Wax, name: c}, {name: good}").is_valid());
    CHECK(judged("{name: c}, {name: d}").certificate.culprit.to.name.value == "c");
    constexpr std::string_view kClients =
        "validation: {caCertificateRefs: [{group: '', kind: Wax, name: ca}]}";
    CHECK(judged("{name: good}", kClients).certificate.reason == "InvalidCACertificateKind");
    // Nobody gets as far as showing one.
    CHECK(judged("{name: c}", kClients).certificate.reason == "InvalidCertificateRef");
}

TEST_CASE("a set's listener that is not valid is found by no route, a Gateway's own is",
          "[routing]") {
    GatewayApiObjects objects(
        allowing_sets(api_gateway("gw", ending("own", "a.org", "{kind: Wax, name: c}")), "All") +
        listener_set("set", "2020-01-01T00:00:00Z", ending("s", "b.org", "{kind: Wax, name: c}")));
    const std::vector<JudgedListener> judged = objects.judged().front().listeners;
    REQUIRE(judged.size() == 2);
    CHECK(judged[0].is_parent());
    CHECK_FALSE(judged[1].is_parent());
}

TEST_CASE("every parent of a route says how far the route came, and the furthest counts",
          "[routing]") {
    const std::string hosts =
        api_gateway("gw", listener("l", "a.org") + ", " + at_port(444, "m", "b.org")) +
        api_gateway("alien", listener("l"), "cilium");
    const auto steps = [&](std::string_view parents, std::string_view hostnames,
                           std::string_view meta = ", namespace: ns") {
        return steps_of(GatewayApiObjects(workload("a") + hosts +
                                          tls_route("r", parents, hostnames, kToA443, meta))
                            .attached());
    };
    CHECK(steps("{name: gw}", "a.org") == Texts{"gateway Accepted"});
    CHECK(steps("{name: gw, sectionName: m}, {name: gw}", "a.org") ==
          Texts{"gateway NoMatchingListenerHostname", "gateway Accepted"});
    CHECK(steps("{name: gw, port: 80}", "a.org") == Texts{"gateway NoMatchingParent"});
    CHECK(steps("{name: gw, namespace: ns}", "a.org", ", namespace: other") ==
          Texts{"gateway NotAllowedByListeners"});
    CHECK(steps("{name: nobody}, {name: alien}", "a.org") == Texts{"missing -"});
    CHECK(steps("{group: '', kind: Service, name: a}, {group: '', kind: Service, name: b}",
                "a.org") == Texts{"mesh Accepted", "mesh NoMatchingParent"});
}

TEST_CASE("a listener has each of its routes once, by the kind that is routed here", "[routing]") {
    GatewayApiObjects objects(
        api_gateway("gw", ending("l", "a.org", "{name: c}")) +
        tls_route("r", "{name: gw}, {name: gw, port: 443}", "a.org", kToA443) +
        test::replaced(
            test::replaced(tls_route("t", "{name: gw}", "", kToA443), "TLSRoute", "TCPRoute"),
            "  hostnames: []\n", ""));
    const AttachedRoutes attached = objects.attached();
    const ListenerRoutes& routes = attached.listeners.at(0).at(0);
    REQUIRE(routes.tls_routes.size() == 1);
    CHECK(routes.tls_routes.front()->meta.name.value == "r");
    REQUIRE(routes.others.size() == 1);
    CHECK(routes.others.front()->kind == "TCPRoute");
    CHECK(attached.parents.size() == 3);
    const std::vector<Attached> counts =
        attached_counts(objects.inputs(), objects.judged(), attached.listeners);
    REQUIRE(counts.size() == 1);
    CHECK(counts.front().routes == 2);
}

}  // namespace routing_gateway_api_passes_test
