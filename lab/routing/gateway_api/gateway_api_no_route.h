// What is said of a listener that passes TLS on where no TLSRoute comes to it.
#pragma once

#include <vector>

#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// `routes` by the index of the Gateway's listeners, of which `own` is one. To `findings` goes what
/// Inputs::unknown says; nothing where the Gateway was reported, where another listener of the port
/// has a TLSRoute, or where one names the Gateway.
void report_no_route(const Inputs& inputs, const JudgedGateway& gateway,
                     const std::vector<ListenerRoutes>& routes, const OwnListener& own,
                     Findings& findings);

}  // namespace sni::routing
