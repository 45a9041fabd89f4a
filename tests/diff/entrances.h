// Objects of other gateways, and the Gateway API's that lead to the same Services.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/lookup/environment.h"
#include "tests/support/kubernetes.h"
#include "tests/support/routing.h"

namespace sni::test::entrances {

using Lines = std::vector<std::string>;
using k8s::api_gateway;
using k8s::listener;
using k8s::tls_route;

inline std::string object(std::string_view version, std::string_view kind, std::string_view spec,
                          std::string_view annotations = "", std::string_view name = "x") {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) + ", namespace: ns, annotations: {" +
           std::string(annotations) + "}}\nspec: " + std::string(spec) + "\n";
}

inline constexpr std::string_view kNginx = "nginx.ingress.kubernetes.io/ssl-passthrough: 'true'";

/// One rule for `host`, whose `path` leads to Service a.
inline std::string ingress(std::string_view host, std::string_view annotations,
                           std::string_view path = "/", std::string_view port = "number: 443",
                           std::string_view name = "x") {
    return object(
        "networking.k8s.io/v1", "Ingress",
        "{rules: [{host: '" + std::string(host) + "', http: {paths: [{path: " + std::string(path) +
            ", pathType: Prefix, backend: {service: {name: a, port: {" + std::string(port) +
            "}}}}]}}], tls: [{hosts: ['" + std::string(host) + "'], secretName: s}]}",
        annotations, name);
}

inline std::string services() {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\nspec:\n"
           "  ports: [{name: https, port: 443, targetPort: 8443}]\n"
           "---\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: ns}\nspec:\n"
           "  ports: [{name: https, port: 443, targetPort: 8443}]\n";
}

inline std::string routes(std::string_view names,
                          std::string_view backends = "{name: a, port: 443}") {
    return api_gateway("edge", listener("l")) + tls_route("r", "{name: edge}", names, backends);
}

/// Each route is "match: …, services: …".
inline std::string traefik(std::string_view name, std::string_view route,
                           std::string_view annotations = "",
                           std::string_view version = "traefik.io/v1alpha1") {
    return object(version, "IngressRouteTCP",
                  "{entryPoints: [websecure], routes: [{" + std::string(route) +
                      "}], tls: {passthrough: true}}",
                  annotations, name);
}

inline std::string host_sni(std::string_view host, std::string_view service = "a",
                            std::string_view more = "") {
    return "match: 'HostSNI(`" + std::string(host) +
           "`)', services: [{name: " + std::string(service) + ", port: 443}]" + std::string(more);
}

inline const Lines kNone;

inline lookup::Environment all() {
    lookup::Environment environment;
    environment.entrances = true;
    return environment;
}

inline std::string ask(const std::string& text, const std::string& name) {
    return test::Routed(services() + text, all()).to(name);
}

}  // namespace sni::test::entrances
