// What people are told of the routes and listeners of the Gateway API, once it is known how far
// each of them came.
#pragma once

#include <vector>

#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

/// Of TLSRoutes alone, parent after parent: which are not attached, and which of their backends
/// cannot be used. The rules of others are somebody else's business.
void report_routes(const ServicesView& view, const std::vector<RouteParent>& parents,
                   Findings& findings);

/// Those in conflict, and those of a protocol that nobody knows.
void report_refused_listeners(const std::vector<JudgedGateway>& gateways, Findings& findings);

}  // namespace sni::routing
