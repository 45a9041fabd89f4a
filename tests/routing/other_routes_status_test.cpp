// What Istio writes into the status of routes that the lab does not play.
#include <string>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/routing.h"

namespace routing_other_routes_status_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

constexpr std::string_view kListeners =
    "{name: web, port: 80, protocol: HTTP}, {name: raw, port: 5432, protocol: TCP}";

std::string route(std::string_view kind, std::string_view spec) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: " + std::string(kind) +
           "\nmetadata: {name: r, namespace: ns}\nspec: {" + std::string(spec) + "}\n";
}

/// "Accepted/REASON ResolvedRefs/REASON" of the route; empty: it has no status.
std::string status(std::string_view kind, std::string_view spec) {
    const test::Routed routed(workload("a") + workload("b", "far") + api_gateway("gw", kListeners) +
                              route(kind, spec));
    std::string all;
    for (const routing::Condition& c : routed.listeners().conditions) {
        if (c.kind != kind) continue;
        CHECK(c.name == "r");
        CHECK(c.status == (c.reason == c.type));
        all += (all.empty() ? "" : " ") + c.type + "/" + c.reason;
    }
    return all;
}

std::string refs(std::string_view kind, std::string_view rules) {
    const std::string all =
        status(kind, "parentRefs: [{name: gw}], rules: [" + std::string(rules) + "]");
    return all.substr(all.rfind('/') + 1);
}

}  // namespace

TEST_CASE("a route of every kind is told whether a listener takes it", "[routing]") {
    for (const std::string_view kind : {"HTTPRoute", "GRPCRoute"}) {
        CAPTURE(kind);
        CHECK(status(kind, "parentRefs: [{name: gw}]") ==
              "Accepted/Accepted ResolvedRefs/ResolvedRefs");
        CHECK(status(kind, "parentRefs: [{name: gw, sectionName: raw}]") ==
              "Accepted/NotAllowedByListeners ResolvedRefs/ResolvedRefs");
        CHECK(status(kind, "parentRefs: [{name: gw, sectionName: none}]") ==
              "Accepted/NoMatchingParent ResolvedRefs/ResolvedRefs");
    }
    CHECK(status("TCPRoute",
                 "parentRefs: [{name: gw, sectionName: raw}], rules: [{backendRefs: "
                 "[{name: a, port: 443}]}]") == "Accepted/Accepted ResolvedRefs/ResolvedRefs");
    CHECK(status("HTTPRoute", "parentRefs: [{name: other}]").empty());
    CHECK(status("HTTPRoute", "parentRefs: [{group: '', kind: Service, name: a}]") ==
          "Accepted/Accepted ResolvedRefs/ResolvedRefs");
}

TEST_CASE("a route of every kind is told of its last bad backend", "[routing]") {
    for (const std::string_view kind : {"HTTPRoute", "GRPCRoute", "TCPRoute"}) {
        CAPTURE(kind);
        CHECK(refs(kind, "{backendRefs: [{name: a, port: 443}]}") == "ResolvedRefs");
        CHECK(refs(kind, "{backendRefs: [{name: nobody, port: 443}]}") == "BackendNotFound");
        CHECK(refs(kind, "{backendRefs: [{name: b, namespace: far, port: 443}]}") ==
              "RefNotPermitted");
        CHECK(refs(kind, "{backendRefs: [{group: example.com, kind: Bucket, name: b, port: 1}]}") ==
              "InvalidKind");
        CHECK(refs(kind,
                   "{backendRefs: [{name: nobody, port: 443, weight: 0}, {name: a, port: 443}]}") ==
              "ResolvedRefs");
    }
    CHECK(refs("HTTPRoute",
               "{backendRefs: [{name: nobody, port: 443}]}, {backendRefs: [{name: a, port: "
               "443}]}") == "BackendNotFound");
}

TEST_CASE("filters count where they lead somewhere, or nobody knows them", "[routing]") {
    const auto filtered = [](std::string_view kind, std::string_view filter) {
        return refs(
            kind, "{filters: [" + std::string(filter) + "], backendRefs: [{name: a, port: 443}]}");
    };
    for (const std::string_view kind : {"HTTPRoute", "GRPCRoute"}) {
        CHECK(filtered(kind, "{type: RequestHeaderModifier}") == "ResolvedRefs");
        CHECK(filtered(kind, "{type: ExtensionRef}") == "InvalidFilter");
        CHECK(filtered(kind,
                       "{type: RequestMirror, requestMirror: {backendRef: {name: nobody, port: "
                       "443}}}") == "BackendNotFound");
    }
    CHECK(filtered("HTTPRoute", "{type: URLRewrite}") == "ResolvedRefs");
    const std::string beyond = ", filters: [{type: RequestHeaderModifier}, {type: ";
    CHECK(refs("HTTPRoute", "{backendRefs: [{name: a, port: 443" + beyond + "URLRewrite}]}]}") ==
          "InvalidFilter");
    CHECK(filtered("GRPCRoute", "{type: URLRewrite}") == "InvalidFilter");
}

TEST_CASE("a bad mirror ends a GRPCRoute, and an HTTPRoute does without it", "[routing]") {
    const auto mirror = [](std::string_view name) {
        return "{type: RequestMirror, requestMirror: {backendRef: {" + std::string(name) +
               ", port: 443}}}";
    };
    const std::string nobody = mirror("name: nobody"), far = mirror("name: b, namespace: far");
    const std::string later =
        ", {backendRefs: [{group: example.com, kind: Bucket, name: b, port: 1}]}";
    const std::string both = "{filters: [" + nobody + ", " + far + "]}";
    CHECK(refs("HTTPRoute", both) == "RefNotPermitted");
    CHECK(refs("GRPCRoute", both) == "BackendNotFound");
    CHECK(refs("HTTPRoute", both + later) == "InvalidKind");
    CHECK(refs("GRPCRoute", both + later) == "BackendNotFound");
    const std::string odd = "{filters: [" + nobody + ", {type: ExtensionRef}]}";
    CHECK(refs("HTTPRoute", odd) == "InvalidFilter");
    CHECK(refs("GRPCRoute", odd) == "BackendNotFound");
}

}  // namespace routing_other_routes_status_test
