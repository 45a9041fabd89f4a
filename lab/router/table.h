// A route table made ready to dial: names resolved, and whose turn it is. Shared by all threads,
// swapped as a whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "lab/route/route_table.h"

namespace sni::router {

class Table {
  public:
    /// Resolves the names among the backends, now and never again; throws as net::resolve().
    explicit Table(route::RouteTable routes);

    const route::Route* find(std::optional<std::string_view> name) const {
        return routes_.find(name);
    }
    /// Backends in the order to try them for the next connection of `route`: the one whose turn it
    /// is, then the others that weigh something.
    std::vector<const route::Backend*> candidates(const route::Route& route) const;
    /// Where `endpoint` is dialled.
    std::span<const Endpoint> addresses(const Endpoint& endpoint) const;

  private:
    route::RouteTable routes_;
    std::map<Endpoint, std::vector<Endpoint>> resolved_;  // names only
    // One counter for each route, since a shared one would beat in time with other names.
    std::unique_ptr<std::atomic<std::uint32_t>[]> turns_;
};

}  // namespace sni::router
