#include "lab/routing/istio/istio.h"

#include <span>
#include <utility>

#include "lab/routing/istio/istio_bindings.h"
#include "lab/routing/istio/istio_chains.h"
#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/istio_merge.h"
#include "lab/routing/istio/istio_ports.h"
#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

namespace {

/// The ports that the lab's router opens: of PASSTHROUGH servers, whether they get them or not, and
/// of those whose TLS the lab can end.
std::vector<std::uint16_t> ports_to_run(const ServedGateways& served,
                                        const std::vector<FilterChain>& chains) {
    std::vector<std::uint16_t> ports;
    for (const ServedGateway& gateway : served.gateways) {
        for (const ServedServer& server : gateway.servers) {
            if (server.passthrough) ports.push_back(port_of(*server.server));
        }
    }
    for (const FilterChain& chain : chains) {
        if (chain.inside) ports.push_back(chain.port);
    }
    return ports;
}

/// Of the group of pods at `own` in `groups`.
RoutedPart route_pods(const Inputs& inputs, std::span<const GatewayPods> groups, std::size_t own,
                      Findings& findings) {
    const PodsView view = view_of(groups[own], inputs);
    ServedGateways served = served_gateways(inputs, groups, own, findings);
    const PodPorts ports = pod_ports(view);
    MergedServers merged = merge_gateways(served.gateways, ports, findings);
    const Bound bound = bind_services(view, served, findings);
    IstioChains made = istio_chains(view, served.gateways, merged.servers, bound, findings);

    RoutedPart routed{.chains = {}, .ports = ports_to_run(served, made.chains)};
    routed.chains = by_client_port(std::move(made.chains), served.gateways, ports);
    Listeners& listeners = routed.listeners;
    listeners.closed = std::move(served.closed);
    listeners.closed.merge(made.closed);
    listeners.lost = std::move(merged.lost);
    listeners.lost.insert(listeners.lost.end(), made.lost.begin(), made.lost.end());
    if (served.gateways.empty()) return routed;
    Envoy& envoy = routed.envoys.emplace_back();
    envoy.proxy = view.proxy;
    for (const ServedGateway& gateway : served.gateways) {
        envoy.gateways.push_back(gateway.gateway->meta.path());
    }
    envoy.listeners = listeners;
    return routed;
}

}  // namespace

RoutedPart route_istio(const Inputs& inputs, Findings& findings) {
    RoutedPart all;
    const std::vector<GatewayPods> groups = gateway_pods(inputs.manifest, inputs.environment);
    for (std::size_t own = 0; own < groups.size(); ++own) {
        all.add(route_pods(inputs, groups, own, findings));
    }
    return all;
}

}  // namespace sni::routing
