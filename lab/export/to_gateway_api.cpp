#include <algorithm>

#include <fmt/format.h>

#include "lab/export/convert_parts.h"

namespace sni::exporting {

namespace {

using manifest::FilterChain;

/// As many hostnames as a TLSRoute may have.
constexpr std::size_t kMostHosts = 16;

std::string listener_name(std::uint16_t port) {
    return fmt::format("tls-{}", port);
}

std::string gateway_document(const Edge& edge, const std::set<std::uint16_t>& ports,
                             const manifest::Setting& setting) {
    std::string text = fmt::format(
        "apiVersion: gateway.networking.k8s.io/v1\n"
        "kind: Gateway\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  gatewayClassName: {}\n"
        "  listeners:\n",
        edge.name, edge.ns, setting.gateway_class.value_or("istio"));
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

}  // namespace

void Converter::to_gateway_api() {
    std::set<std::uint16_t> ports;
    Edge edge{.ns = setting_.gateway_namespace, .name = {}};
    for (const manifest::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            if (chain.route) continue;
            if (chain.ends != FilterChain::Ends::backend) {
                note(fmt::format("{}: names that the gateway itself answers are left out",
                                 chain.rule.text()));
                continue;
            }
            ports.insert(chain.port);
            if (edge.name.empty()) edge.name = chain.gateway.substr(chain.gateway.find('/') + 1);
        }
    }
    if (ports.empty()) return;
    into_.edges.push_back(edge);
    into_.documents.push_back(gateway_document(edge, ports, setting_));
    for (const manifest::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            const bool ours = !chain.route && chain.ends == FilterChain::Ends::backend;
            if (ours) add_tls_route(edge, chain);
        }
    }
    add_grants();
}

void Converter::add_tls_route(const Edge& edge, const FilterChain& chain) {
    const bool all = chain.takes_all();
    const std::vector<std::string> names = all ? std::vector<std::string>() : hosts(chain);
    if (!all && names.empty()) return;
    if (all) {
        note(
            "a TLSRoute for every name needs v1alpha2, which is in the experimental channel of the "
            "Gateway API");
    }
    std::string backends;
    for (const Reference& to : references(chain)) {
        const bool foreign = to.ns != chain.rule.ns;
        if (foreign) grants_.insert({chain.rule.ns, {to.ns, to.name}});
        backends += fmt::format("    - name: {}\n{}      port: {}\n      weight: {}\n", to.name,
                                foreign ? fmt::format("      namespace: {}\n", to.ns) : "", to.port,
                                to.weight);
    }
    if (backends.empty()) return;
    for (std::size_t at = 0; at == 0 || at < names.size(); at += kMostHosts) {
        std::string hostnames = all ? "" : "  hostnames:\n";
        for (std::size_t i = at; i < std::min(names.size(), at + kMostHosts); ++i) {
            hostnames += fmt::format("  - \"{}\"\n", names[i]);
        }
        into_.documents.push_back(fmt::format(
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
            all ? "v1alpha2" : "v1", unique(chain.rule.ns, chain.rule.name), chain.rule.ns,
            edge.name, edge.ns, listener_name(chain.port), hostnames, backends));
    }
}

void Converter::add_grants() {
    for (const auto& [from, to] : grants_) {
        into_.documents.push_back(
            fmt::format("apiVersion: gateway.networking.k8s.io/v1beta1\n"
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
                        unique(to.first, fmt::format("{}-from-{}", to.second, from)), to.first,
                        from, to.second));
    }
}

}  // namespace sni::exporting
