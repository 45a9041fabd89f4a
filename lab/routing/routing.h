// Gateways, VirtualServices and TLSRoutes to listeners: as istiod and the Gateway API do it. The
// one function that says where a connection goes; every command asks its result.
#pragma once

#include <vector>

#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/gateways.h"
#include "lab/routing/listeners/listeners.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// The answer of every gateway that has the question's port, those that route it first; where none
/// has it, or there is only one, that of `listeners`. Never empty.
std::vector<Answer> ask_each(const Routing& routing, const Question& question);

/// What Istio and Envoy would object to, or do against expectation, goes to `findings`. `unknown`:
/// how it is reported that something is not in these files and may be in others; who wants to run
/// them is stopped by that.
Routing route(const Manifest& manifest, Findings& findings, const Environment& environment = {},
              Level unknown = Level::error);

}  // namespace sni::routing
