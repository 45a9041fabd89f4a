#include "lab/export/cluster/gateway_api_documents.h"

#include <fmt/format.h>

namespace sni::exporting {

namespace {

std::string listener_name(std::uint16_t port) {
    return fmt::format("tls-{}", port);
}

}  // namespace

std::string gateway_document(const EntryPoint& edge, std::string_view gateway_class,
                             const std::set<std::uint16_t>& ports) {
    std::string text = fmt::format(
        "apiVersion: gateway.networking.k8s.io/v1\n"
        "kind: Gateway\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  gatewayClassName: {}\n"
        "  listeners:\n",
        edge.name, edge.ns, gateway_class);
    for (const std::uint16_t port : ports) {
        text += fmt::format(
            "  - name: {}\n"
            "    port: {}\n"
            "    protocol: TLS\n"
            "    tls:\n"
            "      mode: Passthrough\n"
            "    allowedRoutes:\n"
            "      namespaces:\n"
            "        from: All\n",
            listener_name(port), port);
    }
    return text;
}

std::string tls_route_document(const TlsRouteText& route) {
    std::string hostnames = route.hostnames.empty() ? "" : "  hostnames:\n";
    for (const std::string& name : route.hostnames) {
        hostnames += fmt::format("  - \"{}\"\n", name);
    }
    return fmt::format(
        "apiVersion: gateway.networking.k8s.io/{}\n"
        "kind: TLSRoute\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  parentRefs:\n"
        "  - name: {}\n"
        "    namespace: {}\n"
        "    sectionName: {}\n"
        "{}"
        "  rules:\n"
        "  - backendRefs:\n"
        "{}",
        route.experimental ? "v1alpha2" : "v1", route.name, route.ns, route.edge.name,
        route.edge.ns, listener_name(route.port), hostnames, route.backends);
}

std::string backend_ref(std::string_view name, std::string_view ns, std::uint16_t port,
                        std::int64_t weight) {
    return fmt::format("    - name: {}\n{}      port: {}\n      weight: {}\n", name,
                       ns.empty() ? "" : fmt::format("      namespace: {}\n", ns), port, weight);
}

std::string grant_document(std::string_view name, std::string_view from,
                           const EntryPoint& service) {
    return fmt::format(
        "apiVersion: gateway.networking.k8s.io/v1beta1\n"
        "kind: ReferenceGrant\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  from:\n"
        "  - group: gateway.networking.k8s.io\n"
        "    kind: TLSRoute\n"
        "    namespace: {}\n"
        "  to:\n"
        "  - group: \"\"\n"
        "    kind: Service\n"
        "    name: {}\n",
        name, service.ns, from, service.name);
}

}  // namespace sni::exporting
