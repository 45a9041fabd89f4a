// Whether a ReferenceGrant lets an object of the Gateway API refer to another namespace.
#pragma once

#include <string>
#include <string_view>

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Why Istio says RefNotPermitted.
inline constexpr const char* kNoGrant =
    "it is in another namespace, and no ReferenceGrant of these files is there for it";

/// From an object of `kind` in namespace `from`; within a namespace nobody has to grant anything.
bool is_granted(const Inputs& inputs, std::string_view kind, const std::string& from,
                const api::Reference& to);

}  // namespace sni::routing
