// First pass over Istio's own objects: which Gateways these pods serve, and which servers they
// have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lab/routing/istio/istio_servers.h"
#include "lab/routing/istio/served_hosts.h"
#include "lab/routing/listeners/routed.h"

namespace sni::routing {

struct ServedServer {
    const Server* server = nullptr;
    ServedHosts hosts;
    bool passthrough = false;
};

struct ServedGateway {
    const Gateway* gateway = nullptr;
    std::vector<ServedServer> servers;  ///< those with a port, as written
    ServedHosts hosts;                  ///< of all of them
};

/// Points into the manifest.
struct ServedGateways {
    std::vector<ServedGateway> gateways;                 ///< the oldest first
    std::unordered_map<std::string, std::size_t> index;  ///< of `gateways`, by "ns/name"
    std::set<std::string> unserved;                      ///< "ns/name" of the others
    std::map<std::uint16_t, std::string> closed;         ///< Listeners::closed

    /// nullptr: they serve no such Gateway.
    const ServedGateway* find(const std::string& path) const;
};

/// In: all groups of pods, of which the one at `own` is meant. A Gateway is served where its
/// selector fits the labels of the pods, and environment.gateway leaves it in. To `findings` goes,
/// once for all groups and by the first, what Gateway selects the pods of none.
ServedGateways served_gateways(const Inputs& inputs, std::span<const GatewayPods> groups,
                               std::size_t own, Findings& findings);

}  // namespace sni::routing
