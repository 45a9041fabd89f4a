// The fields of other gateways' objects as their definitions have them: kubernetes/api
// networking/v1, traefik's, Contour's and Kong's CRDs, and openshift/api route/v1. What stands
// below a field of type any decides nothing of what is read here.
#include <array>

#include "lab/manifest/readers/read_entrance.h"

namespace sni::manifest {

namespace entrance_shapes {

using enum Shape::Type;

constexpr Shape port_number(std::string_view key) {
    return {.key = key, .type = number, .least = 1, .most = 65'535};
}

constexpr std::array kIngressPort = {port_number("number"), Shape{"name", text}};
constexpr std::array kIngressService = {Shape{"name", text}, Shape{"port", object, kIngressPort}};
constexpr std::array kIngressBackend = {Shape{"service", object, kIngressService},
                                        Shape{"resource"}, Shape{"serviceName", text},
                                        Shape{"servicePort", name_or_number}};
constexpr std::array<std::string_view, 3> kPathTypes = {"Exact", "Prefix",
                                                        "ImplementationSpecific"};
constexpr std::array kIngressPath = {Shape{"path", text},
                                     Shape{.key = "pathType", .type = text, .words = kPathTypes},
                                     Shape{"backend", object, kIngressBackend}};
constexpr std::array kIngressHttp = {Shape{"paths", objects, kIngressPath}};
constexpr std::array kIngressRule = {Shape{"host", text}, Shape{"http", object, kIngressHttp}};
constexpr std::array kHostsAndSecret = {Shape{"hosts", texts}, Shape{"secretName", text}};
constexpr std::array kIngress = {
    Shape{"ingressClassName", text}, Shape{"defaultBackend", object, kIngressBackend},
    Shape{"backend", object, kIngressBackend}, Shape{"rules", objects, kIngressRule},
    Shape{"tls", objects, kHostsAndSecret}};

constexpr std::array kProxyProtocol = {
    Shape{.key = "version", .type = number, .least = 1, .most = 2}};
constexpr std::array kTraefikService = {Shape{"name", text},
                                        Shape{"namespace", text},
                                        Shape{"port", name_or_number},
                                        Shape{"weight", number},
                                        Shape{"terminationDelay", number},
                                        Shape{"proxyProtocol", object, kProxyProtocol},
                                        Shape{"serversTransport", text},
                                        Shape{"tls", boolean},
                                        Shape{"nativeLB", boolean},
                                        Shape{"nodePortLB", boolean}};
constexpr std::array kTraefikRoute = {
    Shape{"match", text}, Shape{"priority", number}, Shape{"syntax", text},
    Shape{"services", objects, kTraefikService}, Shape{"middlewares"}};
constexpr std::array kTraefikTls = {Shape{"secretName", text},
                                    Shape{"passthrough", boolean},
                                    Shape{"options"},
                                    Shape{"store"},
                                    Shape{"certResolver", text},
                                    Shape{"domains"}};
constexpr std::array kTraefik = {Shape{"ingressClassName", text}, Shape{"entryPoints", texts},
                                 Shape{"routes", objects, kTraefikRoute},
                                 Shape{"tls", object, kTraefikTls}};

constexpr std::array kContourService = {Shape{"name", text},
                                        port_number("port"),
                                        port_number("healthPort"),
                                        Shape{.key = "weight", .type = number, .least = 0},
                                        Shape{"protocol", text},
                                        Shape{"validation"},
                                        Shape{"mirror", boolean},
                                        Shape{"requestHeadersPolicy"},
                                        Shape{"responseHeadersPolicy"},
                                        Shape{"cookieRewritePolicies"},
                                        Shape{"slowStartPolicy"}};
constexpr std::array kTcpProxy = {Shape{"services", objects, kContourService}, Shape{"include"},
                                  Shape{"includes"}, Shape{"loadBalancerPolicy"},
                                  Shape{"healthCheckPolicy"}};
constexpr std::array kContourTls = {Shape{"secretName", text},
                                    Shape{"minimumProtocolVersion", text},
                                    Shape{"maximumProtocolVersion", text},
                                    Shape{"passthrough", boolean},
                                    Shape{"clientValidation"},
                                    Shape{"enableFallbackCertificate", boolean}};
constexpr std::array kVirtualHost = {Shape{"fqdn", text},      Shape{"tls", object, kContourTls},
                                     Shape{"authorization"},   Shape{"corsPolicy"},
                                     Shape{"rateLimitPolicy"}, Shape{"jwtProviders"},
                                     Shape{"ipAllowPolicy"},   Shape{"ipDenyPolicy"}};
constexpr std::array kContour = {Shape{"virtualhost", object, kVirtualHost},
                                 Shape{"tcpproxy", object, kTcpProxy}, Shape{"routes"},
                                 Shape{"includes"}, Shape{"ingressClassName", text}};

constexpr std::array<std::string_view, 3> kTerminations = {"edge", "passthrough", "reencrypt"};
constexpr std::array<std::string_view, 4> kInsecure = {"", "None", "Allow", "Redirect"};
constexpr std::array<std::string_view, 3> kWildcards = {"", "None", "Subdomain"};
constexpr std::array kRouteTo = {Shape{"kind", text}, Shape{"name", text},
                                 Shape{.key = "weight", .type = number, .least = 0, .most = 256}};
constexpr std::array kRoutePort = {Shape{"targetPort", name_or_number}};
constexpr std::array kRouteTls = {
    Shape{.key = "termination", .type = text, .words = kTerminations},
    Shape{"certificate", text},
    Shape{"key", text},
    Shape{"caCertificate", text},
    Shape{"destinationCACertificate", text},
    Shape{.key = "insecureEdgeTerminationPolicy", .type = text, .words = kInsecure},
    Shape{"externalCertificate"}};
constexpr std::array kOpenshift = {
    Shape{"host", text},
    Shape{"subdomain", text},
    Shape{"path", text},
    Shape{"to", object, kRouteTo},
    Shape{"alternateBackends", objects, kRouteTo},
    Shape{"port", object, kRoutePort},
    Shape{"tls", object, kRouteTls},
    Shape{.key = "wildcardPolicy", .type = text, .words = kWildcards},
    Shape{"httpHeaders"}};

constexpr std::array kKongBackend = {Shape{"serviceName", text}, port_number("servicePort")};
constexpr std::array kKongRule = {Shape{"host", text}, port_number("port"),
                                  Shape{"backend", object, kKongBackend}};
constexpr std::array kKong = {Shape{"rules", objects, kKongRule},
                              Shape{"tls", objects, kHostsAndSecret}};

}  // namespace entrance_shapes

const std::span<const Shape> kIngressShape = entrance_shapes::kIngress;
const std::span<const Shape> kIngressRouteTcpShape = entrance_shapes::kTraefik;
const std::span<const Shape> kHttpProxyShape = entrance_shapes::kContour;
const std::span<const Shape> kOpenshiftRouteShape = entrance_shapes::kOpenshift;
const std::span<const Shape> kTcpIngressShape = entrance_shapes::kKong;

}  // namespace sni::manifest
