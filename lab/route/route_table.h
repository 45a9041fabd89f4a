// Which backends take a name. Immutable once built; the router swaps whole tables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/route/host_pattern.h"

namespace sni::route {

struct Backend {
    Endpoint endpoint;
    std::uint32_t weight = 1;
    bool operator==(const Backend&) const = default;
};

/// Backends share a name's connections by weight; one of weight 0 gets none.
struct Route {
    HostPattern pattern;
    std::vector<Backend> backends;
    bool operator==(const Route&) const = default;
};

/// Exact names, then suffixes from the longest, then "*" if there is one. `*.x` does not cover `x`.
class RouteTable {
  public:
    RouteTable() = default;
    /// Routes with the same pattern are merged into one, in the order given.
    explicit RouteTable(std::vector<Route> routes);

    /// `name` in lower case, or nothing for a client without SNI (only "*" takes it). The result
    /// lives as long as the table.
    const Route* find(std::optional<std::string_view> name) const;
    /// In the order they were first given.
    const std::vector<Route>& routes() const { return routes_; }

  private:
    // Open addressing; `route` counts from 1, 0 is a free slot.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t route = 0;
    };
    std::size_t slot_of(HostPattern::Kind kind, std::string_view name) const;
    const Route* lookup(HostPattern::Kind kind, std::string_view name) const;

    std::vector<Route> routes_;
    std::vector<Slot> slots_;  // a power of two, at most three quarters full
    bool has_suffixes_ = false;
};

/// One route from a flag: "NAME=HOST:PORT[*WEIGHT]". The error is a sentence that quotes the
/// offending part.
Result<Route, std::string> parse_route(std::string_view text);

/// "HOST:PORT[*WEIGHT]" alone; the weight is 0 (no new connections) to 1,000,000.
Result<Backend, std::string> parse_backend(std::string_view text);

/// One of several weights, and the how manieth turn of its own this is, from 0.
struct Choice {
    std::size_t index = 0;
    std::uint64_t turn = 0;
    bool operator==(const Choice&) const = default;
};

/// Which of `weights` takes the `turn`-th turn. Over as many turns as they add up to, each comes
/// exactly as often as it weighs, and not in one run. One of weight 0 never comes; nothing does
/// when all weigh 0.
std::optional<Choice> choose(std::span<const std::uint32_t> weights, std::uint64_t turn);

}  // namespace sni::route
