// Gateways and TLSRoutes of gateway.networking.k8s.io to filter chains and status conditions, as
// the specification says. Private to routing.cpp.
#pragma once

#include "lab/routing/listeners/routed.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

RoutedPart route_gateway_api(const Inputs& inputs, Findings& findings);

}  // namespace sni::routing
