// Gateways and TLSRoutes of gateway.networking.k8s.io to filter chains and status conditions, as
// the specification says. Private to routing.cpp.
#pragma once

#include <string>
#include <string_view>

#include "lab/routing/listeners/routed.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

RoutedPart route_gateway_api(const Inputs& inputs, Findings& findings);

/// The names that both stand for, as one pattern; empty when there is none. An empty hostname is
/// every name; so the result of two empty ones is "*".
std::string intersection(std::string_view listener, std::string_view route);

}  // namespace sni::routing
