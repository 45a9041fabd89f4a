// What is said of a PASSTHROUGH server that no rule comes to.
#pragma once

#include "lab/routing/istio/istio_bound_server.h"
#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// An error to `findings` where these files show that the rule is missing, else what
/// Inputs::unknown says; nothing where a document that was reported may be why.
void report_no_route(const BoundServer& server, const Inputs& inputs, Findings& findings);

}  // namespace sni::routing
