// How many items a list of the Gateway API may have, by the release and the version.
#include "lab/manifest/documents/list_limits.h"

#include <string>

#include <fmt/format.h>

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"

namespace manifest_list_limits_test {

using namespace sni;

namespace {

/// "[…]" with so many items; '#' in one is its number.
std::string list(std::size_t count, const std::string& item) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) all += ", ";
        for (const char c : item) {
            all += c == '#' ? std::to_string(i) : std::string(1, c);
        }
    }
    return "[" + all + "]";
}

/// The errors of an object with that spec.
std::string told(std::string_view gateway_api, std::string_view version, std::string_view kind,
                 const std::string& spec) {
    manifest::Versions versions;
    REQUIRE(manifest::choose_gateway_api(gateway_api, versions));
    if (versions.gateway_api == 4) REQUIRE(manifest::choose_istio("1.28", versions));
    const std::string text = fmt::format(
        "apiVersion: gateway.networking.{}/{}\nkind: {}\nmetadata: {{name: x}}\nspec: {{{}}}\n",
        kind.starts_with('X') ? "x-k8s.io" : "k8s.io", version, kind, spec);
    std::string all;
    for (const Diagnostic& each :
         manifest::parse_manifests({{.name = "a.yaml", .text = text}}, "ns", {}, versions)
             .diagnostics) {
        if (each.level == Level::error) all += each.code + " " + each.message + "\n";
    }
    return all;
}

std::string tls_route(std::size_t names, std::size_t rules = 1, std::size_t backends = 1) {
    const std::string rule = "{backendRefs: " + list(backends, "{name: s, port: 1}") + "}";
    return "hostnames: " + list(names, "n#.example.com") + ", rules: " + list(rules, rule);
}

std::string listeners(std::size_t count, const std::string& more) {
    return "listeners: " +
           list(count, "{name: l#, port: 443, hostname: h#.a.example, protocol: " + more + "}");
}

}  // namespace

TEST_CASE("a TLSRoute has as many names as its release of the Gateway API takes", "[manifest]") {
    CHECK(told("1.6", "v1", "TLSRoute", tls_route(1024)).empty());
    CHECK(told("1.6", "v1", "TLSRoute", tls_route(1025)) ==
          "X-VALUE spec.hostnames has 1025 items, and a TLSRoute of Gateway API 1.6 takes at most "
          "1024\n");
    CHECK(told("1.5", "v1", "TLSRoute", tls_route(16)).empty());
    CHECK(told("1.5", "v1", "TLSRoute", tls_route(17)) ==
          "X-VALUE spec.hostnames has 17 items, and a TLSRoute of Gateway API 1.5 takes at most "
          "16\n");
    CHECK(told("1.4", "v1alpha2", "TLSRoute", tls_route(17)) ==
          "X-VALUE spec.hostnames has 17 items, and a TLSRoute of Gateway API 1.4 takes at most "
          "16\n");
}

TEST_CASE("v1alpha2 has several rules, and what came behind it one", "[manifest]") {
    CHECK(told("1.6", "v1", "TLSRoute", tls_route(1, 2)) ==
          "X-VALUE spec.rules has 2 items, and a TLSRoute v1 takes at most 1\n");
    CHECK(told("1.6-experimental", "v1alpha2", "TLSRoute", tls_route(1, 16)).empty());
    CHECK(told("1.6-experimental", "v1alpha2", "TLSRoute", tls_route(1, 17)) ==
          "X-VALUE spec.rules has 17 items, and a TLSRoute v1alpha2 takes at most 16\n");
    const std::string two = "rules: " + list(2, "{backendRefs: [{name: s, port: 1}]}");
    CHECK(told("1.6", "v1", "TCPRoute", two) ==
          "X-VALUE spec.rules has 2 items, and a TCPRoute v1 takes at most 1\n");
    CHECK(told("1.6-experimental", "v1alpha2", "TCPRoute", two).empty());
}

TEST_CASE("lists within others are counted each", "[manifest]") {
    CHECK(told("1.6", "v1", "TLSRoute", tls_route(1, 1, 16)).empty());
    CHECK(told("1.6", "v1", "TLSRoute", tls_route(1, 1, 17)) ==
          "X-VALUE spec.rules[0].backendRefs has 17 items, and a TLSRoute v1 takes at most 16\n");
    const std::string kinds = list(9, "{kind: TLSRoute}");
    CHECK(told("1.6", "v1", "ListenerSet",
               "parentRef: {name: g}, " +
                   listeners(2, "TLS, tls: {mode: Passthrough}, allowedRoutes: {kinds: " + kinds +
                                    "}")) ==
          "X-VALUE spec.listeners[0].allowedRoutes.kinds has 9 items, and a ListenerSet v1 takes "
          "at most 8\n"
          "X-VALUE spec.listeners[1].allowedRoutes.kinds has 9 items, and a ListenerSet v1 takes "
          "at most 8\n");
}

TEST_CASE("a Gateway has 64 listeners, and an XListenerSet as many", "[manifest]") {
    CHECK(
        told("1.6", "v1", "Gateway", "gatewayClassName: istio, " + listeners(64, "HTTP")).empty());
    CHECK(told("1.6", "v1", "Gateway", "gatewayClassName: istio, " + listeners(65, "HTTP")) ==
          "X-VALUE spec.listeners has 65 items, and a Gateway v1 takes at most 64\n");
    CHECK(
        told("1.4", "v1alpha1", "XListenerSet", "parentRef: {name: g}, " + listeners(65, "HTTP")) ==
        "X-VALUE spec.listeners has 65 items, and an XListenerSet v1alpha1 takes at most 64\n");
}

}  // namespace manifest_list_limits_test
