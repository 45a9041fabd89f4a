// Fifth pass over the Gateway API's objects: which filter chains come of one Gateway's listeners
// and routes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_merge.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

struct GatewayChains {
    std::vector<FilterChain> chains;              ///< in the order of the listeners
    std::vector<std::uint16_t> ports;             ///< RoutedPart::ports
    std::vector<Lost> lost;                       ///< names of routes that others have already
    std::map<std::uint16_t, std::string> closed;  ///< Listeners::closed
};

/// `merged` as merge_listeners() orders them, `routes` by the index of the Gateway's listeners, and
/// `view` as its pods see Services. To `findings` goes, listener after listener, which routes get
/// no name, where no route is, and what the lab cannot run.
GatewayChains gateway_chains(const ServicesView& view, const JudgedGateway& gateway,
                             const std::vector<MergedListener>& merged,
                             const std::vector<ListenerRoutes>& routes, Findings& findings);

}  // namespace sni::routing
