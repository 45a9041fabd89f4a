// Routes of other kinds than TLSRoute at the listeners of the Gateway API: how many, and no more.
#include <nlohmann/json.hpp>

#include "lab/routing/route_report.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace routing_attached_routes_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

constexpr std::string_view kHttp = "{name: web, port: 80, protocol: HTTP, hostname: a.org}";
constexpr std::string_view kTcp = "{name: raw, port: 5432, protocol: TCP}";

std::string other_route(std::string_view kind, std::string_view name, std::string_view spec,
                        std::string_view ns = "ns") {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) + ", namespace: " + std::string(ns) +
           "}\nspec: {" + std::string(spec) + "}\n";
}

std::size_t attached(std::string_view listener, std::string_view name, const std::string& routes) {
    return Routed(api_gateway("gw", listener) + routes).attached(name);
}

}  // namespace

TEST_CASE("attachedRoutes counts the HTTPRoutes and GRPCRoutes of an HTTP listener", "[routing]") {
    const std::string parent = "parentRefs: [{name: gw}]";
    CHECK(attached(kHttp, "web", "") == 0);
    CHECK(attached(kHttp, "web", other_route("HTTPRoute", "r", parent)) == 1);
    CHECK(attached(kHttp, "web",
                   other_route("HTTPRoute", "r", parent) + other_route("GRPCRoute", "g", parent)) ==
          2);
    // Two parentRefs that come to one listener are one route.
    CHECK(attached(kHttp, "web",
                   other_route("HTTPRoute", "r",
                               "parentRefs: [{name: gw}, {name: gw, port: 80}]")) == 1);
}

TEST_CASE("attachedRoutes counts the TCPRoutes of a TCP listener", "[routing]") {
    CHECK(attached(kTcp, "raw", other_route("TCPRoute", "r", "parentRefs: [{name: gw}]")) == 1);
    CHECK(attached(kTcp, "raw", other_route("HTTPRoute", "r", "parentRefs: [{name: gw}]")) == 0);
    CHECK(attached(kHttp, "web", other_route("TCPRoute", "r", "parentRefs: [{name: gw}]")) == 0);
}

TEST_CASE("a route that the listener does not take is not counted", "[routing]") {
    const auto count = [](std::string_view spec, std::string_view ns = "ns") {
        return attached(kHttp, "web", other_route("HTTPRoute", "r", spec, ns));
    };
    CHECK(count("parentRefs: [{name: gw, sectionName: web}], hostnames: [a.org]") == 1);
    CHECK(count("parentRefs: [{name: gw}], hostnames: ['*.org']") == 1);
    CHECK(count("parentRefs: [{name: gw}], hostnames: [b.org]") == 0);
    CHECK(count("parentRefs: [{name: gw, sectionName: other}]") == 0);
    CHECK(count("parentRefs: [{name: gw, port: 443}]") == 0);
    CHECK(count("parentRefs: [{name: other}]") == 0);
    CHECK(count("parentRefs: [{kind: Service, group: '', name: gw}]") == 0);
    CHECK(count("parentRefs: [{name: gw, namespace: ns}]", "far") == 0);
}

TEST_CASE("an HTTPRoute that is written badly is no finding, and stays left aside", "[routing]") {
    const test::Read read = test::read_text(
        tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}") + workload("a") +
        api_gateway("gw", listener("l", "a.org")) +
        other_route("HTTPRoute", "h", "parentRefs: {a: b}, hostnames: 3, rules: x"));
    CHECK(read.errors().empty());
    CHECK_THAT(read.text("X-LEFT-ASIDE"), test::Contains("HTTPRoute"));
}

TEST_CASE("a listener that passes TLS on takes TLSRoutes alone", "[routing]") {
    const auto resolved = [](std::string_view mode, std::string_view kinds) {
        const Routed routed(api_gateway(
            "gw", "{name: l, port: 443, protocol: TLS, tls: {mode: " + std::string(mode) +
                      ", certificateRefs: [{name: c}]}, allowedRoutes: {kinds: [" +
                      std::string(kinds) + "]}}"));
        return !routed.has_condition("Gateway", "ns/gw/l ResolvedRefs=False InvalidRouteKinds");
    };
    CHECK(resolved("Passthrough", "{kind: TLSRoute}"));
    CHECK_FALSE(resolved("Passthrough", "{kind: TCPRoute}"));
    CHECK_FALSE(resolved("Passthrough", "{kind: TLSRoute}, {kind: TCPRoute}"));
    CHECK(resolved("Terminate", "{kind: TCPRoute}, {kind: TLSRoute}"));
}

TEST_CASE("a listener that names kinds of routes tells which of them it may have", "[routing]") {
    const Routed named(api_gateway(
        "gw", listener("l", "", ", allowedRoutes: {kinds: [{kind: TCPRoute}, {kind: TLSRoute}]}")));
    CHECK(routing::to_json(named.listeners(), {}, {})["attached"].dump() ==
          R"([{"gateway":"ns/gw","listener":"l","routes":0,"supported_kinds":["TLSRoute"]}])");
    CHECK_THAT(routing::status_text(named.listeners()),
               test::Contains("  attached routes: 0\n  supported kinds: TLSRoute\n"));
    const Routed unnamed(api_gateway("gw", listener("l")));
    CHECK(routing::to_json(unnamed.listeners(), {}, {})["attached"].dump() ==
          R"([{"gateway":"ns/gw","listener":"l","routes":0}])");
}

}  // namespace routing_attached_routes_test
