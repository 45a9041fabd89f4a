// A route table made ready to dial: what its names resolve to, and whose turn it is. Shared by all
// threads, swapped as a whole.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/net/current.h"
#include "lab/route/route_table.h"
#include "lab/router/names.h"

namespace sni::router {

using Clock = std::chrono::steady_clock;

class Table {
  public:
    /// `names` has those among the backends, of names_in(). Nothing is looked up here.
    explicit Table(route::RouteTable routes, const std::optional<Endpoint>& non_tls = {},
                   NameMap names = {});
    /// The names, each with its port, that have to be looked up for such a table.
    static std::vector<Endpoint> names_in(const route::RouteTable& routes,
                                          const std::optional<Endpoint>& non_tls);

    const route::Route* find(std::optional<std::string_view> name) const {
        return routes_.find(name);
    }
    const route::RouteTable& routes() const { return routes_; }
    /// True while others are tried before it. From any thread.
    bool rests(const route::Backend& backend, Clock::time_point now) const;
    /// For clients that do not speak TLS; null when they are refused.
    const route::Route* non_tls() const { return non_tls_ ? &*non_tls_ : nullptr; }
    /// Backends in the order to try them for the next connection of `route`, as route::order().
    std::vector<const route::Backend*> candidates(const route::Route& route,
                                                  Clock::time_point now) const;
    /// How `backend` took a connection. One that refuses rests for a while.
    void answered(const route::Backend& backend) const;
    void refused(const route::Backend& backend, Clock::time_point now) const;
    /// Of a backend that is a name: its addresses now, those that rest behind the others, and not
    /// more than a connection will try.
    std::vector<Address> addresses(const Endpoint& name, Clock::time_point now) const;
    /// Its state; null for one that is no name.
    const Name* name(const Endpoint& endpoint) const;
    const NameMap& names() const { return names_; }

  private:
    Health* health(const route::Backend& backend) const;

    route::RouteTable routes_;
    std::optional<route::Route> non_tls_;
    // Of backends that are not alone: there is no one to take the turn of the others.
    mutable std::unordered_map<const route::Backend*, Health> health_;
    NameMap names_;
    // One counter for each route, since a shared one would beat in time with other names.
    std::unique_ptr<std::atomic<std::uint64_t>[]> turns_;
};

/// One for each name that has no address now: its routes have no backend there until it has one;
/// and for each whose last look-up brought none, so that it keeps those before.
std::vector<Diagnostic> unresolved(const Table& table);

/// The table that one thread's sessions go by, and that another thread replaces: a client that
/// connects after a reload never meets the old routes.
using CurrentTable = net::Current<Table>;

}  // namespace sni::router
