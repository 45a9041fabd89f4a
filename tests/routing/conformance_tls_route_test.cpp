// All that the Gateway API's conformance tests ask of TLSRoutes (conformance/tests/tlsroute-*.go
// of kubernetes-sigs/gateway-api v1.6.0), with manifests of our own in the same structure.
#include "tests/support/conformance.h"

namespace routing_conformance_tls_route_test {

using namespace sni;
using namespace sni::test::conformance;

namespace {

constexpr std::string_view kPassed = "mode: Passthrough";
constexpr std::string_view kEnded = "mode: Terminate, certificateRefs: [{name: seal}]";
constexpr std::string_view kTls = "{kind: TLSRoute}";
constexpr std::string_view kCargo = "{name: cargo, port: 443}";
constexpr std::string_view kCrew = "{name: crew, port: 443}";
constexpr std::string_view kAccepted = "True Accepted";
constexpr std::string_view kProgrammed = "True Programmed";
constexpr std::string_view kResolved = "True ResolvedRefs";

std::string passing(std::string_view name, std::string_view listener_name,
                    std::string_view hostname, std::string_view kinds = kTls) {
    return gateway(name, listener(listener_name, 443, "TLS", hostname, kPassed, kinds));
}

std::string tls_route(std::string_view name, std::string_view parent, std::string_view hostnames,
                      std::string_view backends = kCargo) {
    return route_document("TLSRoute", name, "{name: " + std::string(parent) + ", namespace: dock}",
                          hostnames, backends);
}

std::string section(std::string_view gateway_name, std::string_view name) {
    return "{name: " + std::string(gateway_name) + ", sectionName: " + std::string(name) + "}";
}

Case simple() {
    return {"TLSRouteSimpleSameNamespace",
            passing("quay", "tls", "*.harbor.example") +
                tls_route("r", "quay", "abc.harbor.example", "{name: crane, port: 8443}"),
            {{"quay", "Gateway Accepted", kAccepted},
             {"quay", "Gateway Programmed", kProgrammed},
             {"quay", "route r Accepted", kAccepted},
             {"quay", "443 abc.harbor.example", "crane:8443"}}};
}

Case intersection() {
    const auto two = [](std::string_view number, std::string_view name, std::string_view hostname,
                        std::string_view wild) {
        const std::string n(number);
        const std::string gw(name);
        return passing(gw, "tls", hostname) + tls_route("exact-" + n, gw, "abc.harbor.example") +
               tls_route("wild-" + n, gw, wild, kCrew);
    };
    return {"TLSRouteHostnameIntersection",
            passing("one", "tls", "abc.harbor.example") +
                tls_route("wild-1", "one", "'*.harbor.example'") +
                two("2", "narrow", "*.harbor.example", "'*.example'") +
                two("3", "wide", "*.example", "'*.harbor.example'") +
                two("4", "open", "", "'*.example'"),
            {{"one", "Gateway Programmed", kProgrammed},
             {"one", "route wild-1 Accepted", kAccepted},
             {"one", "route wild-1 ResolvedRefs", kResolved},
             {"one", "443 abc.harbor.example", "cargo:443"},
             {"one", "443 non.matching.test", "reset"},
             {"narrow", "Gateway Programmed", kProgrammed},
             {"narrow", "route exact-2 Accepted", kAccepted},
             {"narrow", "route exact-2 ResolvedRefs", kResolved},
             {"narrow", "route wild-2 Accepted", kAccepted},
             {"narrow", "route wild-2 ResolvedRefs", kResolved},
             {"narrow", "443 abc.harbor.example", "cargo:443"},
             {"narrow", "443 other.harbor.example", "crew:443"},
             {"narrow", "443 non.matching.test", "reset"},
             {"wide", "Gateway Programmed", kProgrammed},
             {"wide", "route exact-3 Accepted", kAccepted},
             {"wide", "route exact-3 ResolvedRefs", kResolved},
             {"wide", "route wild-3 Accepted", kAccepted},
             {"wide", "route wild-3 ResolvedRefs", kResolved},
             {"wide", "443 abc.harbor.example", "cargo:443"},
             {"wide", "443 other.harbor.example", "crew:443"},
             {"wide", "443 non.matching.test", "reset"},
             {"open", "Gateway Programmed", kProgrammed},
             {"open", "route exact-4 Accepted", kAccepted},
             {"open", "route exact-4 ResolvedRefs", kResolved},
             {"open", "route wild-4 Accepted", kAccepted},
             {"open", "route wild-4 ResolvedRefs", kResolved},
             {"open", "443 abc.harbor.example", "cargo:443"},
             {"open", "443 other.harbor.example", "crew:443"},
             {"open", "443 non.matching.test", "reset"}}};
}

Case nonexistent_backend() {
    return {
        "TLSRouteInvalidBackendRefNonexistent",
        passing("quay", "tls", "", "") +
            tls_route("r", "quay", "harbor.example", "{name: nobody, namespace: dock, port: 443}"),
        {{"quay", "Gateway Accepted", kAccepted},
         {"quay", "Gateway Programmed", kProgrammed},
         {"quay", "route r Accepted", kAccepted},
         {"quay", "route r ResolvedRefs", "False BackendNotFound"},
         {"quay", "443 harbor.example", "reset"}}};
}

Case unknown_kind() {
    return {"TLSRouteInvalidBackendRefUnknownKind",
            passing("quay", "tls", "", "") +
                tls_route("r", "quay", "harbor.example",
                          "{group: kinds.example.com, kind: Ferry, name: cargo, port: 443}"),
            {{"quay", "Gateway Accepted", kAccepted},
             {"quay", "Gateway Programmed", kProgrammed},
             {"quay", "route r Accepted", kAccepted},
             {"quay", "route r ResolvedRefs", "False InvalidKind"},
             {"quay", "443 harbor.example", "reset"}}};
}

Case no_matching_hostname() {
    constexpr std::string_view kNone = "False NoMatchingListenerHostname";
    return {"TLSRouteInvalidNoMatchingListenerHostname",
            passing("exact", "tls", "www.harbor.example") +
                passing("wild", "tls", "*.harbor.example") +
                route_document("TLSRoute", "one", "{name: exact}",
                               "www.sea.example, '*.sea.example'", kCargo) +
                route_document("TLSRoute", "two", "{name: wild}",
                               "www.lake.example, '*.lake.example'", kCargo),
            {{"exact", "Gateway Programmed", kProgrammed},
             {"exact", "route one Accepted", kNone},
             {"exact", "attached tls", "0"},
             {"exact", "443 www.sea.example", "closed-port"},
             {"wild", "Gateway Programmed", kProgrammed},
             {"wild", "route two Accepted", kNone},
             {"wild", "attached tls", "0"},
             {"wild", "443 www.lake.example", "closed-port"}}};
}

Case no_matching_listener() {
    return {
        "TLSRouteInvalidNoMatchingListener",
        passing("passing", "tls", "", "") +
            gateway("plain", listener("http", 80, "HTTP", "", "", "")) +
            gateway("secure", listener("https", 443, "HTTPS", "", kEnded, "")) +
            route_document("TLSRoute", "to-http", "{name: plain}", "tls.harbor.example", kCargo) +
            route_document("TLSRoute", "to-https", "{name: secure}", "tls.harbor.example", kCargo) +
            route_document("TLSRoute", "nowhere", section("passing", "nobody"),
                           "tls.harbor.example", kCargo),
        {{"plain", "Gateway Programmed", kProgrammed},
         {"plain", "route to-http Accepted", "False NotAllowedByListeners"},
         {"plain", "attached http", "0"},
         {"secure", "Gateway Programmed", kProgrammed},
         {"secure", "route to-https Accepted", "False NotAllowedByListeners"},
         {"secure", "attached https", "0"},
         {"passing", "Gateway Programmed", kProgrammed},
         {"passing", "route nowhere Accepted", "False NoMatchingParent"},
         {"passing", "attached tls", "0"}}};
}

Case wrong_grants() {
    constexpr std::string_view kFrom =
        "group: gateway.networking.k8s.io, kind: TLSRoute, namespace: dock";
    constexpr std::string_view kTo = "group: '', kind: Service, name: cargo";
    return {"TLSRouteInvalidReferenceGrant",
            passing("quay", "tls", "*.harbor.example") + grant("ns", "dock", kFrom, kTo) +
                grant("from-group", "pier", "group: example.com, kind: TLSRoute, namespace: dock",
                      kTo) +
                grant("from-kind", "pier",
                      "group: gateway.networking.k8s.io, kind: Gateway, namespace: dock", kTo) +
                grant("from-ns", "pier",
                      "group: gateway.networking.k8s.io, kind: TLSRoute, namespace: sea", kTo) +
                grant("to-group", "pier", kFrom, "group: example.com, kind: Service, name: cargo") +
                grant("to-kind", "pier", kFrom, "group: '', kind: Secret, name: cargo") +
                grant("to-name", "pier", kFrom, "group: '', kind: Service, name: crew") +
                route_document("TLSRoute", "r", "{name: quay}", "abc.harbor.example",
                               "{name: cargo, namespace: pier, port: 443}"),
            {{"quay", "Gateway Accepted", kAccepted},
             {"quay", "Gateway Programmed", kProgrammed},
             {"quay", "route r Accepted", kAccepted},
             {"quay", "route r ResolvedRefs", "False RefNotPermitted"}}};
}

/// Istio claims both features, so that neither is to be refused.
std::vector<Case> claimed() {
    const std::string ended =
        gateway("quay", listener("end", 8443, "TLS", "end.harbor.example", kEnded, kTls));
    const std::string mixed =
        gateway("quay", listener("end", 8443, "TLS", "end.harbor.example", kEnded, kTls) + ", " +
                            listener("pass", 8443, "TLS", "pass.harbor.example", kPassed, kTls));
    return {{"TLSRouteListenerMixedTerminationNotSupported",
             mixed,
             {{"quay", "listener end Accepted", kAccepted},
              {"quay", "listener pass Accepted", kAccepted}}},
            {"TLSRouteListenerTerminateNotSupported",
             ended,
             {{"quay", "listener end Accepted", kAccepted}}},
            {"TLSRouteListenerTerminateSupportedKinds",
             ended,
             {{"quay", "listener end Accepted", kAccepted},
              {"quay", "kinds end", "TLSRoute"},
              {"quay", "attached end", "0"}}}};
}

Case passed_kinds() {
    return {"TLSRouteListenerPassthroughSupportedKinds",
            passing("quay", "tls", "", "{kind: TCPRoute}, {kind: TLSRoute}"),
            {{"quay", "listener tls ResolvedRefs", "False InvalidRouteKinds"},
             {"quay", "kinds tls", "TLSRoute"},
             {"quay", "attached tls", "0"}}};
}

Case mixed() {
    return {
        "TLSRouteMixedTerminationSameNamespace",
        gateway("quay", listener("end", 8883, "TLS", "end.harbor.example", kEnded, kTls) + ", " +
                            listener("pass", 8883, "TLS", "pass.harbor.example", kPassed, kTls)) +
            tls_route("passed", "quay", "pass.harbor.example", "{name: crane, port: 8443}") +
            tls_route("ended", "quay", "end.harbor.example", "{name: crane, port: 3000}"),
        {{"quay", "Gateway Accepted", kAccepted},
         {"quay", "Gateway Programmed", kProgrammed},
         {"quay", "route passed Accepted", kAccepted},
         {"quay", "route ended Accepted", kAccepted},
         {"quay", "listener end Accepted", kAccepted},
         {"quay", "kinds end", "TLSRoute"},
         {"quay", "attached end", "1"},
         {"quay", "listener pass Accepted", kAccepted},
         {"quay", "kinds pass", "TLSRoute"},
         {"quay", "attached pass", "1"},
         {"quay", "8883 end.harbor.example", "crane:3000 in plain"},
         {"quay", "8883 pass.harbor.example", "crane:8443"}}};
}

Case ended() {
    return {"TLSRouteTerminateSimpleSameNamespace",
            gateway("quay", listener("end", 8443, "TLS", "end.harbor.example", kEnded, kTls)) +
                tls_route("r", "quay", "end.harbor.example", "{name: crane, port: 3000}"),
            {{"quay", "Gateway Accepted", kAccepted},
             {"quay", "Gateway Programmed", kProgrammed},
             {"quay", "route r Accepted", kAccepted},
             {"quay", "8443 end.harbor.example", "crane:3000 in plain"}}};
}

}  // namespace

TEST_CASE("all 13 of the Gateway API's conformance tests of TLSRoutes hold", "[routing]") {
    std::vector<Case> cases = {simple(),       intersection(),         nonexistent_backend(),
                               unknown_kind(), no_matching_hostname(), no_matching_listener(),
                               wrong_grants(), passed_kinds(),         mixed(),
                               ended()};
    std::ranges::move(claimed(), std::back_inserter(cases));
    REQUIRE(cases.size() == 13);
    CHECK(check(cases, base()) == 89);
}

}  // namespace routing_conformance_tls_route_test
