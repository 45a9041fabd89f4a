// The codes about the Gateway API: each in a lab that makes it fire, and in one close to it.
#include "tests/analyze/firing.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_gateway_api_codes_test {

using namespace sni;
using test::Case;
using test::check;
using test::destination_rule;
using test::Lab;
using test::policy;

namespace {

std::string api_gateway(std::string_view class_name) {
    return test::document("gateway.networking.k8s.io/v1", "Gateway", "api",
                          "spec:\n  gatewayClassName: " + std::string(class_name) +
                              "\n  listeners:\n  - {name: tls, port: 8443, protocol: TLS, "
                              "hostname: b.example.com, tls: {mode: Passthrough}}");
}

std::string api_class(std::string_view name, std::string_view controller) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: " +
           std::string(name) + "}\nspec: {controllerName: " + std::string(controller) + "}\n";
}

/// A TLSRoute for Gateway "api" whose hostname, backend and namespace a case may get wrong.
std::string tls_route(std::string_view parent = "api", std::string_view hostname = "b.example.com",
                      std::string_view backend = "name: a, port: 443") {
    return test::document("gateway.networking.k8s.io/v1", "TLSRoute", "route",
                          "spec:\n  parentRefs: [{name: " + std::string(parent) +
                              "}]\n  hostnames: [" + std::string(hostname) +
                              "]\n  rules: [{backendRefs: [{" + std::string(backend) + "}]}]");
}

Lab with_api(const std::string& more, std::string_view class_name = "istio") {
    return {.more = api_gateway(class_name) + more};
}

std::vector<Case> gateway_api() {
    const Lab right = with_api(tls_route());
    return {
        {"X-FOREIGN-CLASS", "info Gateway ns/api", "nginx", with_api("", "nginx"), right},
        {"X-FOREIGN-CLASS", "info Gateway ns/api", "edge",
         with_api(api_class("edge", "example.com/other"), "edge"),
         with_api(api_class("edge", "istio.io/gateway-controller"), "edge")},
        {"X-NO-ROUTE", "info Gateway ns/api", "8443", with_api(""), right},
        {"X-NOT-ATTACHED", "error TLSRoute ns/route", "none", with_api(tls_route("none")), right},
        {"X-NOT-ATTACHED", "error TLSRoute ns/route", "api",
         with_api(tls_route("api", "c.example.com")), right},
        {"X-BACKEND-REF", "error TLSRoute ns/route", "{name",
         with_api(tls_route("api", "b.example.com", "name: none, port: 443")), right},
        {"X-LISTENER",
         "error Gateway ns/api",
         "UDP",
         {.more =
              test::replaced(api_gateway("istio"), "protocol: TLS", "protocol: UDP") + tls_route()},
         right},
        {"X-DOUBLE-TLS", "error DestinationRule ns/dr", "SIMPLE",
         with_api(tls_route() + destination_rule("a", policy("SIMPLE"))),
         with_api(tls_route() + destination_rule("a", policy("DISABLE")))},
        {"X-SNI-WITHOUT-DNS",
         "info TLSRoute ns/route",
         "b.ns.svc.cluster.local",
         {.more = test::replaced(api_gateway("istio"), "b.example.com", "'*.cluster.local'") +
                  tls_route("api", "b.ns.svc.cluster.local")},
         right},
    };
}

}  // namespace

TEST_CASE("each code about the Gateway API fires where it should, and not beside it", "[analyze]") {
    for (const Case& c : gateway_api()) {
        check(c);
    }
}

}  // namespace analyze_gateway_api_codes_test
