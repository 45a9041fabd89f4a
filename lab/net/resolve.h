// DNS names to addresses, once, when something is loaded; never because a client named one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/net/timer.h"

namespace sni::net {

/// The addresses of `endpoint`, in the resolver's order; an address or a Unix path is its own only
/// answer. Blocks. Throws Failure(Exit::machine, code::kCannotResolve) when the name has none.
std::vector<Endpoint> resolve(const Endpoint& endpoint);

/// The same; the error says why it has none, as a sentence's end.
Result<std::vector<Endpoint>, std::string> look_up(const Endpoint& endpoint);

/// The same, and nothing when no answer is there at `deadline`: the look-up itself, which nobody
/// can stop, goes on in a thread that nobody waits for. `how` looks up; throws what that throws.
std::optional<Result<std::vector<Endpoint>, std::string>> look_up_until(
    const Endpoint& endpoint, Clock::time_point deadline,
    std::function<Result<std::vector<Endpoint>, std::string>(const Endpoint&)> how = nullptr);

}  // namespace sni::net
