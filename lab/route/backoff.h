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

/// The backends that weigh something, as indices, in the order to try them for one connection.
/// First comes the one whose turn it is among those that do not rest, and behind each the one whose
/// turn it is among those that are left: whoever is left shares by weight what the others do not
/// take. (Behind the first few, in their own order.) Those that rest come behind all others, and
/// not never, since a refusal that was not tried is a guess.
std::vector<std::size_t> order(const std::vector<Backend>& backends, std::uint64_t turn,
                               const std::function<bool(std::size_t)>& rests);

}  // namespace sni::route
