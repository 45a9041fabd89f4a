// Which backends of a route are tried, and in which order, when some have refused lately.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "lab/route/route_table.h"

namespace sni::route {

/// How long a backend rests that has refused so often in a row: a second, then twice as long each
/// time, half a minute at most.
std::chrono::milliseconds rest_after(unsigned refusals);

/// The backends that weigh something, as indices: from the one whose turn it is on, those that rest
/// behind all others. They come last and not never, since a refusal that was not tried is a guess.
std::vector<std::size_t> order(const std::vector<Backend>& backends, std::uint64_t turn,
                               const std::function<bool(std::size_t)>& rests);

}  // namespace sni::route
