// Manifests for tests, put together from short pieces.
#pragma once

#include <string>
#include <string_view>

namespace sni::test::k8s {

/// A Service and a Deployment called `name`, whose pods listen on 8443 ("tls").
inline std::string workload(std::string_view name, std::string_view ns = "ns", int replicas = 1) {
    const std::string n(name);
    const std::string s(ns);
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + n + ", namespace: " + s +
           "}\nspec:\n  selector: {app: " + n +
           "}\n  ports: [{port: 443, targetPort: 8443}]\n---\napiVersion: apps/v1\n"
           "kind: Deployment\nmetadata: {name: " +
           n + ", namespace: " + s + "}\nspec:\n" +
           (replicas == 1 ? "" : "  replicas: " + std::to_string(replicas) + "\n") +
           "  selector: {matchLabels: {app: " + n +
           "}}\n  template:\n    metadata: {labels: {app: " + n +
           "}}\n    spec: {containers: [{name: c, image: i, ports: [{containerPort: 8443, name: "
           "tls}]}]}\n";
}

/// `servers` as inside a flow list.
inline std::string gateway(std::string_view name, std::string_view servers,
                           std::string_view more = "") {
    return "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(name) + ", namespace: ns" + std::string(more) +
           "}\nspec:\n  selector: {istio: ingressgateway}\n  servers: [" + std::string(servers) +
           "]\n";
}

inline std::string server(std::string_view hosts, std::string_view mode = "PASSTHROUGH",
                          int port = 443, std::string_view name = "tls",
                          std::string_view protocol = "TLS") {
    const std::string credential = mode == "SIMPLE" ? ", credentialName: c" : "";
    return "{port: {number: " + std::to_string(port) + ", name: " + std::string(name) +
           ", protocol: " + std::string(protocol) + "}, tls: {mode: " + std::string(mode) +
           credential + "}, hosts: [" + std::string(hosts) + "]}";
}

/// `rules` from rule().
inline std::string service(std::string_view name, std::string_view hosts, std::string_view rules,
                           std::string_view more = "", std::string_view gateways = "gw") {
    return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " +
           std::string(name) + ", namespace: ns" + std::string(more) + "}\nspec:\n  hosts: [" +
           std::string(hosts) + "]\n  gateways: [" + std::string(gateways) + "]\n  tls:\n" +
           std::string(rules);
}

inline std::string rule(std::string_view sni, std::string_view host = "a",
                        std::string_view more = "") {
    return "  - match: [{sniHosts: [" + std::string(sni) + "]" + std::string(more) +
           "}]\n    route: [{destination: {host: " + std::string(host) + "}}]\n";
}

/// A DestinationRule of namespace "ns"; `policy` as inside a flow map, "tls: {mode: SIMPLE}".
inline std::string destination_rule(std::string_view host, std::string_view policy) {
    return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: dr, "
           "namespace: ns}\nspec:\n  host: " +
           std::string(host) + "\n  trafficPolicy: {" + std::string(policy) + "}\n";
}

/// What a name that is routed to "a" or "b" of namespace "ns" answers in Routed::to.
constexpr const char* kToA = "routed ns/a:443->8443";
constexpr const char* kToB = "routed ns/b:443->8443";

/// Both of them behind a Gateway "gw" for `hosts`.
inline std::string two_backends(std::string_view hosts = "'*.example.com'") {
    return workload("a") + workload("b") + gateway("gw", server(hosts));
}

/// A Gateway of the Gateway API; `listeners` as inside a flow list.
inline std::string api_gateway(std::string_view name, std::string_view listeners,
                               std::string_view gateway_class = "istio") {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(name) +
           ", namespace: ns}\nspec:\n  gatewayClassName: " + std::string(gateway_class) +
           "\n  listeners: [" + std::string(listeners) + "]\n";
}

inline std::string listener(std::string_view name, std::string_view hostname = "",
                            std::string_view more = "") {
    return "{name: " + std::string(name) + ", port: 443, protocol: TLS, tls: {mode: Passthrough}" +
           (hostname.empty() ? "" : ", hostname: '" + std::string(hostname) + "'") +
           std::string(more) + "}";
}

/// `spec` is what stands behind parentRefs.
inline std::string tls_route(std::string_view name, std::string_view parents,
                             std::string_view hostnames, std::string_view backends,
                             std::string_view meta = ", namespace: ns") {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: " +
           std::string(name) + std::string(meta) + "}\nspec:\n  parentRefs: [" +
           std::string(parents) + "]\n  hostnames: [" + std::string(hostnames) +
           "]\n  rules: [{backendRefs: [" + std::string(backends) + "]}]\n";
}

}  // namespace sni::test::k8s
