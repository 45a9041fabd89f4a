// Istio's own Gateways and VirtualServices to filter chains, as istiod does it for the pods of each
// gateway (pilot/pkg/model/gateway.go, pilot/pkg/networking/core/gateway.go). Private to
// routing.cpp.
#pragma once

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Group of pods by group of pods: the Gateways that they serve (istio_gateways.h), which of their
/// servers get their port (istio_merge.h), which VirtualServices these meet (istio_bindings.h),
/// what chains come of it (istio_chains.h), and by which ports clients find those (istio_ports.h).
/// Each of these reports to `findings`, in this order.
RoutedPart route_istio(const Inputs& inputs, Findings& findings);

}  // namespace sni::routing
