// The objects of other gateways to filter chains: Ingresses and the like. Private to routing.cpp.
#pragma once

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// One Envoy for each gateway that the objects belong to, called "ingress/NAME", whatever it is in
/// truth; of a name that two of them have at one port, the older object keeps it.
RoutedPart route_entrances(const Inputs& inputs);

}  // namespace sni::routing
