// What the Gateway API's conformance tests ask of a Gateway's certificates and of attachedRoutes
// (conformance/tests/gateway-*.go of kubernetes-sigs/gateway-api v1.6.0), with manifests of our
// own in the same structure. The conditions of HTTPRoutes are nobody's business here.
#include "tests/support/conformance.h"

namespace routing_conformance_gateway_test {

using namespace sni;
using namespace sni::test::conformance;

namespace {

constexpr std::string_view kFar = "{group: '', kind: Secret, name: seal, namespace: yard}";
constexpr std::string_view kGatewayOfDock =
    "group: gateway.networking.k8s.io, kind: Gateway, namespace: dock";
constexpr std::string_view kResolved = "True ResolvedRefs";
constexpr std::string_view kHttp = "HTTPRoute GRPCRoute";

std::string secured(std::string_view name, std::string_view reference) {
    return gateway(name, listener("https", 443, "HTTPS", "",
                                  "certificateRefs: [" + std::string(reference) + "]", "", "All"));
}

std::string http_route(std::string_view name, std::string_view parent,
                       std::string_view hostnames = "") {
    return route_document("HTTPRoute", name,
                          "{kind: Gateway, namespace: dock, " + std::string(parent) + "}",
                          hostnames, "{name: web, port: 8080}");
}

Case wrong_tls() {
    constexpr std::string_view kInvalid = "False InvalidCertificateRef";
    std::vector<Row> rows;
    for (const std::string_view gw : {"absent", "group", "kind", "malformed"}) {
        rows.push_back({gw, "listener https ResolvedRefs", kInvalid});
        rows.push_back({gw, "listener https Programmed", "False Invalid"});
        rows.push_back({gw, "kinds https", kHttp});
        rows.push_back({gw, "attached https", "0"});
    }
    return {"GatewayInvalidTLSConfiguration",
            secured("absent", "{group: '', kind: Secret, name: nobody}") +
                secured("group", "{group: wrong.example.com, kind: Secret, name: seal}") +
                secured("kind", "{group: '', kind: Wax, name: seal}") +
                secured("malformed", "{group: '', kind: Secret, name: mud}") +
                secret("mud", "dock", "Hello harbor\\n", "Hello harbor\\n"),
            std::move(rows)};
}

std::vector<Row> refused() {
    return {{"quay", "listener https ResolvedRefs", "False RefNotPermitted"},
            {"quay", "kinds https", kHttp},
            {"quay", "attached https", "0"}};
}

std::vector<Row> granted() {
    return {{"quay", "listener https ResolvedRefs", kResolved},
            {"quay", "listener https Programmed", "True Programmed"},
            {"quay", "kinds https", kHttp},
            {"quay", "attached https", "0"}};
}

std::vector<Case> grants() {
    constexpr std::string_view kSeal = "group: '', kind: Secret, name: seal";
    const std::string quay = secured("quay", kFar);
    return {
        {"GatewaySecretInvalidReferenceGrant",
         quay + grant("ns", "pier", kGatewayOfDock, kSeal) +
             grant("from-group", "yard", "group: example.com, kind: Gateway, namespace: dock",
                   kSeal) +
             grant("from-kind", "yard",
                   "group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: dock", kSeal) +
             grant("from-ns", "yard",
                   "group: gateway.networking.k8s.io, kind: Gateway, namespace: sea", kSeal) +
             grant("to-group", "yard", kGatewayOfDock,
                   "group: example.com, kind: Secret, name: seal") +
             grant("to-kind", "yard", kGatewayOfDock, "group: '', kind: Service, name: seal") +
             grant("to-name", "yard", kGatewayOfDock, "group: '', kind: Secret, name: wax"),
         refused()},
        {"GatewaySecretMissingReferenceGrant", quay, refused()},
        {"GatewaySecretReferenceGrantAllInNamespace",
         quay + grant("all", "yard", kGatewayOfDock, "group: '', kind: Secret"), granted()},
        {"GatewaySecretReferenceGrantSpecific", quay + grant("one", "yard", kGatewayOfDock, kSeal),
         granted()}};
}

std::string open_to_dock(std::string_view name, int port, std::string_view protocol,
                         std::string_view more) {
    return "{name: " + std::string(name) + ", port: " + std::to_string(port) +
           ", protocol: " + std::string(protocol) + std::string(more) +
           ", allowedRoutes: {kinds: [{kind: HTTPRoute}], namespaces: {from: Selector, selector: "
           "{matchLabels: {kubernetes.io/metadata.name: dock}}}}}";
}

Case attached() {
    return {"GatewayWithAttachedRoutes",
            gateway("one", open_to_dock("http", 80, "HTTP", "")) + http_route("r-1", "name: one") +
                gateway("two", open_to_dock("http", 80, "HTTP", ", hostname: foo.harbor.example")) +
                http_route("r-2", "name: two") + http_route("r-3", "name: two") +
                http_route("elsewhere", "name: two", "bar.sea.example") +
                gateway("unresolved",
                        open_to_dock("tls", 443, "HTTPS",
                                     ", tls: {mode: Terminate, certificateRefs: [{group: '', kind: "
                                     "Secret, name: nobody}]}")) +
                http_route("r-4", "name: unresolved, sectionName: tls"),
            {{"one", "listener http Accepted", "True Accepted"},
             {"one", "listener http ResolvedRefs", kResolved},
             {"one", "kinds http", "HTTPRoute"},
             {"one", "attached http", "1"},
             {"two", "listener http Accepted", "True Accepted"},
             {"two", "listener http ResolvedRefs", kResolved},
             {"two", "kinds http", "HTTPRoute"},
             {"two", "attached http", "2"},
             {"unresolved", "listener tls Programmed", "False Invalid"},
             {"unresolved", "listener tls ResolvedRefs", "False InvalidCertificateRef"},
             {"unresolved", "kinds tls", "HTTPRoute"},
             {"unresolved", "attached tls", "1"}}};
}

Case at_two_ports() {
    const auto open = [](std::string_view name, int port) {
        return listener(name, port, "HTTP", "", "", "{kind: HTTPRoute}", "All");
    };
    return {"GatewayWithAttachedRoutesWithPort8080",
            gateway("quay", open("unattached", 8080) + ", " + open("http", 80)) +
                http_route("r", "name: quay, sectionName: http"),
            {{"quay", "listener unattached Accepted", "True Accepted"},
             {"quay", "listener unattached ResolvedRefs", kResolved},
             {"quay", "kinds unattached", "HTTPRoute"},
             {"quay", "attached unattached", "0"},
             {"quay", "listener http Accepted", "True Accepted"},
             {"quay", "listener http ResolvedRefs", kResolved},
             {"quay", "kinds http", "HTTPRoute"},
             {"quay", "attached http", "1"}}};
}

}  // namespace

TEST_CASE("the Gateway API's conformance tests of certificates and attachedRoutes hold",
          "[routing]") {
    std::vector<Case> cases = {wrong_tls(), attached(), at_two_ports()};
    std::ranges::move(grants(), std::back_inserter(cases));
    REQUIRE(cases.size() == 7);
    CHECK(check(cases, base()) == 50);
}

}  // namespace routing_conformance_gateway_test
