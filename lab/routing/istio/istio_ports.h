// Where the ports of Gateways are at the pods: their Service may lead several to one. The pass that
// comes before istio_merge.h, and the one after istio_chains.h.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

/// Ports of Services with those of the pod.
using PortMap = std::map<std::uint16_t, std::uint16_t>;

struct PodPorts {
    PortMap client;  ///< where clients come to the pod
    PortMap server;  ///< where Istio opens a server: one of several that lead to one port
};

/// Of the Services that the files have before the pods. Reports nothing.
PodPorts pod_ports(const PodsView& view);

/// The same number where no Service has it.
std::uint16_t at_pod(const PortMap& ports, std::uint16_t port);

/// Every chain under the ports by which clients come to it: where two of a Service lead to one of
/// the pod, they meet. The chains as they are where no Service is before the pods. Reports nothing.
std::vector<FilterChain> by_client_port(std::vector<FilterChain> chains,
                                        const std::vector<ServedGateway>& gateways,
                                        const PodPorts& ports);

}  // namespace sni::routing
