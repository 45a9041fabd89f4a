// The listeners of each gateway's pods, and those of all gateways as one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/routing/listeners/listeners.h"

namespace sni::routing {

/// What one gateway's pods are given: no other Envoy's listeners or names are in its way.
struct Envoy {
    std::string proxy;                  ///< FilterChain::proxy
    std::vector<std::string> gateways;  ///< "ns/name" of those that its pods serve
    Listeners listeners;                ///< without conditions, which are the objects' own
};

struct Routing {
    std::vector<std::uint16_t> ports;  ///< of PASSTHROUGH servers, ascending, without repeats
    /// All gateways at one address, as the lab runs them: a name that several have is the first
    /// one's there.
    Listeners listeners;
    std::vector<Envoy> envoys;  ///< filled where there are at least two
};

}  // namespace sni::routing
