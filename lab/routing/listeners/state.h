// What Istio's own objects, the Gateway API's and those of other gateways are routed with, one
// after the other. Private to lab/routing.
#pragma once

#include <vector>

#include "lab/lookup/by_age.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/routing/listeners/gateways.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// What routing is made from and where it goes.
struct RoutingState {
    const Manifest& manifest;
    const Setting& setting;
    ServicesByViewer& views;
    Findings& findings;
    std::vector<FilterChain>& chains;  ///< in the order in which Envoy gets them
    Routing& routing;
    Level unknown = Level::error;   // for what may be in other files
    std::vector<GatewayPods> pods;  ///< all that Istio's own Gateways have
    const DestinationRules& rules;
    std::vector<Envoy> envoys = {};  ///< as far as they are known
};

}  // namespace sni::routing
