#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lab/export/convert_parts.h"

namespace sni::exporting {

namespace {

using manifest::FilterChain;

using HostsByPort = std::map<std::uint16_t, std::set<std::string>>;

std::string gateway_document(const Edge& edge, const HostsByPort& servers,
                             const manifest::Setting& setting) {
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
    for (const auto& [key, value] : setting.gateway_labels.value_or(usual)) {
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

std::string list(const std::vector<std::string>& names, std::string_view indent) {
    std::string text;
    for (const std::string& name : names) {
        text += fmt::format("{}- \"{}\"\n", indent, name);
    }
    return text;
}

}  // namespace

void Converter::to_istio() {
    std::map<std::string, HostsByPort> gateways;
    for (const manifest::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            if (!chain.route) continue;
            if (chain.ends != FilterChain::Ends::backend) {
                note(fmt::format("{}: names that the gateway itself answers are left out",
                                 chain.rule.text()));
                continue;
            }
            auto& names = gateways[chain.gateway][chain.port];
            const std::vector<std::string> own =
                chain.takes_all() ? std::vector<std::string>{"*"} : hosts(chain);
            names.insert(own.begin(), own.end());
        }
    }
    for (const auto& [path, servers] : gateways) {
        const std::size_t slash = path.find('/');
        const Edge edge{.ns = path.substr(0, slash), .name = path.substr(slash + 1)};
        into_.edges.push_back(edge);
        into_.documents.push_back(gateway_document(edge, servers, setting_));
    }
    for (const manifest::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            const bool ours = chain.route && chain.ends == FilterChain::Ends::backend;
            if (ours) add_virtual_service(chain);
        }
    }
}

void Converter::add_virtual_service(const FilterChain& chain) {
    const std::vector<std::string> names =
        chain.takes_all() ? std::vector<std::string>{"*"} : hosts(chain);
    const std::vector<Reference> to = references(chain);
    if (names.empty() || to.empty()) return;
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
    into_.documents.push_back(
        fmt::format("apiVersion: networking.istio.io/v1beta1\n"
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
                    unique(chain.rule.ns, chain.rule.name), chain.rule.ns, list(names, "  "),
                    chain.gateway, chain.port, list(names, "      "), route));
}

}  // namespace sni::exporting
