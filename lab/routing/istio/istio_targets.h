// Where the destinations of a VirtualService's rule lead.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

/// Weights as Envoy takes them; those without one are left out. `port` is the server's, for a
/// destination that names none. A problem is the target's own (Target::problem); nothing is
/// reported.
std::vector<Target> targets_of(const PodsView& view, const VirtualService& service,
                               const std::vector<Destination>& destinations, std::uint16_t port);

}  // namespace sni::routing
