// What Istio's own objects, the Gateway API's and those of other gateways are routed with, and what
// each of the three comes to. Private to lab/routing.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/lookup/by_age.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/routing/listeners/gateways.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// What routing is made from; all of it must outlive what is made.
struct Inputs {
    const Manifest& manifest;
    const Environment& environment;
    ServicesByViewer& views;  ///< fills itself as it is asked
    const DestinationRules& rules;
    Level unknown = Level::error;  ///< for what may be in other files
};

/// What objects of one kind come to, before listeners are made of it.
struct RoutedPart {
    std::vector<FilterChain> chains;   ///< in the order in which Envoy gets them
    std::vector<std::uint16_t> ports;  ///< Routing::ports, in any order and with repeats
    std::vector<Envoy> envoys;         ///< without their chains
    Listeners listeners;               ///< of all of them, without chains as well

    /// Puts `later` behind this; why a port is closed, the first one tells.
    void add(RoutedPart later);
};

}  // namespace sni::routing
