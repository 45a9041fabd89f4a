#include "lab/routing/istio/istio_ports.h"

#include <set>
#include <string>
#include <utility>

#include "lab/lookup/port_protocol.h"

namespace sni::routing {

PodPorts pod_ports(const PodsView& view) {
    PodPorts ports;
    for (const Service& service : view.inputs.manifest.services) {
        const Labels& selector = service.selector.value;
        if (service.meta.ns.value != view.pods.ns || selector.empty() ||
            !has_labels(view.pods.labels, selector)) {
            continue;
        }
        std::set<std::pair<std::uint16_t, std::string>> known;
        for (const ServicePort& port : service.ports) {
            if (port.protocol.value != "TCP") continue;
            const auto target = view.services.target_port(service, port);
            if (!target) continue;
            const auto number = static_cast<std::uint16_t>(port.port.value);
            ports.client.emplace(number, *target);
            if (known.emplace(*target, protocol_of(port)).second)
                ports.server.emplace(number, *target);
        }
    }
    return ports;
}

std::uint16_t at_pod(const PortMap& ports, std::uint16_t port) {
    const auto found = ports.find(port);
    return found == ports.end() ? port : found->second;
}

std::vector<FilterChain> by_client_port(std::vector<FilterChain> chains,
                                        const std::vector<ServedGateway>& gateways,
                                        const PodPorts& ports) {
    if (ports.client.empty()) return chains;
    std::set<std::uint16_t> written;
    for (const ServedGateway& gateway : gateways) {
        for (const ServedServer& server : gateway.servers) {
            written.insert(port_of(*server.server));
        }
    }
    std::vector<FilterChain> filed;
    for (const std::uint16_t port : written) {
        for (const FilterChain& chain : chains) {
            if (at_pod(ports.server, chain.port) != at_pod(ports.client, port)) continue;
            filed.push_back(chain);
            filed.back().port = port;
        }
    }
    return filed;
}

}  // namespace sni::routing
