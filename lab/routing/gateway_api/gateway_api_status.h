// The conditions that Istio writes into the status of the Gateway API's objects, from what the
// passes saw (pilot/pkg/config/kube/gateway/conversion.go, buildListener and reportGatewayStatus;
// gatewaycommon/conversion.go, ReportListenerSetStatus). Reports nothing.
#pragma once

#include <vector>

#include "lab/routing/gateway_api/gateway_api_gateways.h"
#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

/// Of Gateways, their listeners and their ListenerSets; those that another cluster runs, and sets
/// that are refused, first. `gateways` are those of `own`, judged.
std::vector<Condition> gateway_conditions(const Inputs& inputs, const OwnGateways& own,
                                          const std::vector<JudgedGateway>& gateways);

/// Of routes of every kind, for each parent that Istio knows.
std::vector<Condition> route_conditions(const ServicesView& view,
                                        const std::vector<RouteParent>& parents);

/// attachedRoutes and supportedKinds of the listeners; `routes` is AttachedRoutes::listeners.
std::vector<Attached> attached_counts(const Inputs& inputs,
                                      const std::vector<JudgedGateway>& gateways,
                                      const std::vector<std::vector<ListenerRoutes>>& routes);

}  // namespace sni::routing
