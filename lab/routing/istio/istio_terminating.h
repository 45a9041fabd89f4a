// The filter chains of servers that are not PASSTHROUGH: the gateway itself ends TLS there, speaks
// plain HTTP, or passes on whatever comes.
#pragma once

#include "lab/routing/istio/istio_bound_server.h"
#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

/// A chain that the lab can run has `inside`. To `findings` goes why it cannot run one that ends
/// TLS; of the others merge_gateways() has said so.
ServerChains chains_without_passthrough(const PodsView& view, const BoundServer& server,
                                        Findings& findings);

}  // namespace sni::routing
