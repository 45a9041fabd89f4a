// Fourth pass over the Gateway API's objects: which listeners of one Gateway get their port.
#pragma once

#include <cstddef>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/listeners/listeners.h"

namespace sni::routing {

/// A listener that has its port.
struct MergedListener {
    std::size_t listener = 0;   ///< index among those of the Gateway
    bool shares_chain = false;  ///< plain HTTP, and one before it has the chain of both
};

struct MergedListeners {
    std::vector<MergedListener> listeners;  ///< as their chains are built
    std::vector<Lost> lost;                 ///< the hostnames of those that do not have their port
};

/// Istio makes a Gateway of its own of each listener that is accepted, and merges them all. To
/// `findings` goes which of them lose their port.
MergedListeners merge_listeners(const JudgedGateway& gateway, Findings& findings);

}  // namespace sni::routing
