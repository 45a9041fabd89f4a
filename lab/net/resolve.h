// DNS names to addresses, once, when something is loaded; never because a client named one.
#pragma once

#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::net {

/// The addresses of `endpoint`, in the resolver's order; an address or a Unix path is its own only
/// answer. Blocks. Throws Failure(Exit::machine, code::kCannotResolve) when the name has none.
std::vector<Endpoint> resolve(const Endpoint& endpoint);

/// The same; the error says why it has none, as a sentence's end.
Result<std::vector<Endpoint>, std::string> look_up(const Endpoint& endpoint);

}  // namespace sni::net
