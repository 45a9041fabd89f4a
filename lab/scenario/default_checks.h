// What a scenario is asked that says nothing about it itself: each name that reaches it.
#pragma once

#include <vector>

#include "lab/scenario/checks.h"
#include "lab/scenario/scenario.h"

namespace sni::scenario {

/// The tutorial's teapot, once for every name that is routed and for every name whose TLS the
/// gateway ends, at every port; PROVEN is expected of them all, so that a server which comes to end
/// TLS is noticed. For a suffix a label is made up, for "*" no SNI is sent.
std::vector<Check> default_checks(const Scenario& scenario);

/// The same of the routes alone: for a scenario whose own checks no ordinary client can ask, and
/// which say themselves what becomes of the names that end at the gateway.
std::vector<Check> routed_checks(const Scenario& scenario);

}  // namespace sni::scenario
