// Second pass over Istio's own objects: which of the servers get their port, and where it listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/istio_ports.h"

namespace sni::routing {

/// A server that has its port.
struct MergedServer {
    std::size_t gateway = 0;       ///< index of the Gateway among those that are served
    std::size_t server = 0;        ///< of that Gateway's servers
    std::uint16_t listens_at = 0;  ///< port of the pod
    /// Plain HTTP, and one before it has the chain of both. Two that are not merged have one match,
    /// and Envoy takes neither.
    bool shares_chain = false;
};

struct MergedServers {
    std::vector<MergedServer> servers;  ///< as their chains are built
    std::vector<Lost> lost;             ///< the hosts of those that do not have their port
};

/// To `findings` goes which servers lose their port or share it oddly, and which of them the lab
/// cannot run.
MergedServers merge_gateways(const std::vector<ServedGateway>& gateways, const PodPorts& ports,
                             Findings& findings);

}  // namespace sni::routing
