// What is said of a parentRef that leads to no Gateway or ListenerSet.
#pragma once

#include <string_view>

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// `what` names it: `TLSRoute "ns/name"`. An error to `findings` where these files have others in
/// the parent's namespace, else what Inputs::unknown says; nothing where one Gateway alone is
/// looked at.
void report_no_parent(std::string_view what, const api::ParentRef& parent, const Inputs& inputs,
                      Findings& findings);

}  // namespace sni::routing
