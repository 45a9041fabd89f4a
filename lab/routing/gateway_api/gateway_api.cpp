#include "lab/routing/gateway_api/gateway_api.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_chains.h"
#include "lab/routing/gateway_api/gateway_api_gateways.h"
#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_merge.h"
#include "lab/routing/gateway_api/gateway_api_report.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/gateway_api/gateway_api_status.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

namespace {

/// One Gateway, which is an Envoy of its own; `routes` by the index of its listeners.
RoutedPart route_gateway(const Inputs& inputs, const JudgedGateway& gateway,
                         const std::vector<ListenerRoutes>& routes, Findings& findings) {
    const Meta& meta = gateway.gateway->meta;
    const ServicesView view{.inputs = inputs, .services = inputs.views.of(meta.ns.value)};
    MergedListeners merged = merge_listeners(gateway, findings);
    GatewayChains made = gateway_chains(view, gateway, merged.listeners, routes, findings);

    RoutedPart routed{.chains = std::move(made.chains), .ports = std::move(made.ports)};
    Listeners& listeners = routed.listeners;
    listeners.closed = std::move(made.closed);
    listeners.lost = std::move(merged.lost);
    std::ranges::move(made.lost, std::back_inserter(listeners.lost));
    routed.envoys.push_back(
        {.proxy = meta.path(), .gateways = {meta.path()}, .listeners = listeners});
    return routed;
}

}  // namespace

RoutedPart route_gateway_api(const Inputs& inputs, Findings& findings) {
    const ServicesView view{.inputs = inputs,
                            .services = inputs.views.of(inputs.environment.gateway_namespace)};
    OwnGateways own = own_gateways(inputs, findings);
    const std::vector<JudgedGateway> gateways = judge_listeners(inputs, own.gateways);
    const AttachedRoutes attached = attach_routes(view, own, gateways);
    report_routes(view, attached.parents, findings);
    report_refused_listeners(gateways, findings);

    RoutedPart all;
    all.listeners.closed = std::move(own.closed);
    all.listeners.conditions = gateway_conditions(inputs, own, gateways);
    std::ranges::move(route_conditions(view, attached.parents),
                      std::back_inserter(all.listeners.conditions));
    all.listeners.attached = attached_counts(inputs, gateways, attached.listeners);
    for (const api::Gateway* gateway : by_age(inputs.manifest.api_gateways)) {
        const std::optional<std::size_t> at = own.find("Gateway", gateway->meta.path());
        // One that is defined twice, which is an error, is one all the same.
        if (!at || gateways[*at].gateway != gateway) continue;
        all.add(route_gateway(inputs, gateways[*at], attached.listeners[*at], findings));
    }
    return all;
}

}  // namespace sni::routing
