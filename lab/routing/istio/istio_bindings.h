// Third pass over Istio's own objects: which VirtualServices the Gateways meet.
#pragma once

#include <vector>

#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

/// Of each Gateway that is served, by its index, the VirtualServices that name it and are exported
/// to the pods, in the order in which Istio asks them. Their hosts are not looked at.
using Bound = std::vector<std::vector<const VirtualService*>>;

/// To `findings` goes, one VirtualService after the other, which names of Gateways lead nowhere or
/// are odd, who is not exported, and what istio_binding_checks.h says.
Bound bind_services(const PodsView& view, const ServedGateways& served, Findings& findings);

}  // namespace sni::routing
