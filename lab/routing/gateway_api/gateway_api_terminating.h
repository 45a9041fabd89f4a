// The filter chains of listeners that pass no TLS on: the gateway itself ends TLS there, speaks
// plain HTTP, or passes on whatever comes.
#pragma once

#include "lab/routing/gateway_api/gateway_api_bound_listener.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

/// A chain that the lab can run has `inside`. To `findings` goes why it cannot run another.
ListenerChains chains_without_passthrough(const ServicesView& view, const BoundListener& bound,
                                          Findings& findings);

}  // namespace sni::routing
