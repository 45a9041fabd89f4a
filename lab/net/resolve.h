// DNS names to addresses, once, when something is loaded; never because a client named one.
#pragma once

#include <vector>

#include "lab/core/endpoint.h"

namespace sni::net {

/// The addresses of `endpoint`, in the resolver's order; an address or a Unix path is its own only
/// answer. Blocks. Throws Failure(Exit::machine, code::kCannotResolve) when the name has none.
std::vector<Endpoint> resolve(const Endpoint& endpoint);

}  // namespace sni::net
