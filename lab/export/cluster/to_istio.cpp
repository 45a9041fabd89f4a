#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lab/export/cluster/convert_parts.h"

namespace sni::exporting {

namespace {

using routing::FilterChain;

using HostsByPort = std::map<std::uint16_t, std::set<std::string>>;

std::string gateway_document(const EntryPoint& edge, const HostsByPort& servers,
                             const lookup::Environment& environment) {
    std::string text = fmt::format(
        "apiVersion: networking.istio.io/v1beta1\n"
        "kind: Gateway\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  selector:\n",
        edge.name, edge.ns);
    const manifest::Labels usual = {{"istio", "ingressgateway"}};
    for (const auto& [key, value] : environment.gateway_labels.value_or(usual)) {
        text += fmt::format("    \"{}\": \"{}\"\n", key, value);
    }
    text += "  servers:\n";
    for (const auto& [port, hosts] : servers) {
        text += fmt::format(
            "  - port:\n"
            "      number: {0}\n"
            "      name: tls-{0}\n"
            "      protocol: TLS\n"
            "    tls:\n"
            "      mode: PASSTHROUGH\n"
            "    hosts:\n",
            port);
        for (const std::string& host : hosts) {
            text += fmt::format("    - \"{}\"\n", host);
        }
    }
    return text;
}

/// Is there a wildcard in `names` that takes all that `name` does?
bool is_under_another(const std::string& name, const std::set<std::string>& names) {
    if (name != "*" && names.contains("*")) return true;
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
        const std::string wider = "*" + name.substr(dot);
        if (wider != name && names.contains(wider)) return true;
    }
    return false;
}

/// Istio refuses a list in which one name stands under a wildcard of another.
std::vector<std::string> without_overlaps(const std::vector<std::string>& names) {
    const std::set<std::string> all(names.begin(), names.end());
    std::vector<std::string> kept;
    for (const std::string& name : all) {
        if (!is_under_another(name, all)) kept.push_back(name);
    }
    return kept;
}

std::string list(const std::vector<std::string>& names, std::string_view indent) {
    std::string text;
    for (const std::string& name : names) {
        text += fmt::format("{}- \"{}\"\n", indent, name);
    }
    return text;
}

}  // namespace

void Converter::to_istio() {
    std::map<std::string, std::string> made;  // "ns/name" by what it was
    std::map<std::string, HostsByPort> gateways;
    std::vector<std::string> services;
    for (const routing::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            if (!chain.passes_by("TLSRoute")) continue;
            if (!made.contains(chain.gateway)) {
                const std::size_t slash = chain.gateway.find('/');
                const std::string ns = chain.gateway.substr(0, slash);
                made[chain.gateway] =
                    ns + "/" + unique("Gateway", ns, chain.gateway.substr(slash + 1));
            }
            const std::string& gateway = made[chain.gateway];
            auto service = virtual_service(gateway, chain);
            if (!service) continue;
            services.push_back(std::move(*service));
            const auto own = names_of(chain);
            gateways[gateway][chain.port].insert(own.begin(), own.end());
        }
    }
    for (const auto& [path, servers] : gateways) {
        const std::size_t slash = path.find('/');
        const EntryPoint edge{.ns = path.substr(0, slash), .name = path.substr(slash + 1)};
        into_.edges.push_back(edge);
        into_.documents.push_back(gateway_document(edge, servers, environment_));
    }
    into_.documents.insert(into_.documents.end(), services.begin(), services.end());
}

std::vector<std::string> Converter::names_of(const FilterChain& chain) {
    return chain.takes_all() ? std::vector<std::string>{"*"} : hosts(chain);
}

std::optional<std::string> Converter::virtual_service(const std::string& gateway,
                                                      const FilterChain& chain) {
    const std::vector<std::string> names = names_of(chain);
    const std::vector<Reference> to = references(chain);
    if (names.empty() || to.empty()) return std::nullopt;
    const bool closed = std::ranges::all_of(to, [](const Reference& r) { return r.weight == 0; });
    if (closed) {
        note(
            fmt::format("{} is not carried over: its weights are all 0, which Istio cannot "
                        "say; its names lead nowhere, or to a wider rule",
                        chain.rule.text()));
        return std::nullopt;
    }
    std::string route;
    for (const Reference& each : to) {
        route += fmt::format(
            "    - destination:\n"
            "        host: {}.{}.svc.cluster.local\n"
            "        port:\n"
            "          number: {}\n"
            "{}",
            each.name, each.ns, each.port,
            to.size() > 1 ? fmt::format("      weight: {}\n", each.weight) : "");
    }
    return fmt::format(
        "apiVersion: networking.istio.io/v1beta1\n"
        "kind: VirtualService\n"
        "metadata:\n"
        "  name: {}\n"
        "  namespace: {}\n"
        "spec:\n"
        "  hosts:\n"
        "{}"
        "  gateways:\n"
        "  - {}\n"
        "  tls:\n"
        "  - match:\n"
        "    - port: {}\n"
        "      sniHosts:\n"
        "{}"
        "    route:\n"
        "{}",
        unique("VirtualService", chain.rule.ns, chain.rule.name), chain.rule.ns,
        list(without_overlaps(names), "  "), gateway, chain.port, list(names, "      "), route);
}

}  // namespace sni::exporting
