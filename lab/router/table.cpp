#include "lab/router/table.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/route/backoff.h"

namespace sni::router {

namespace {

/// Addresses of a name that one connection tries; it will not wait for more.
constexpr std::size_t kMostTried = 16;

}  // namespace

Table::Table(route::RouteTable routes, const std::optional<Endpoint>& non_tls, NameMap names)
    : routes_(std::move(routes)),
      names_(std::move(names)),
      turns_(std::make_unique<std::atomic<std::uint64_t>[]>(routes_.routes().size())) {
    for (const route::Route& route : routes_.routes()) {
        if (route.backends.size() < 2) continue;
        for (const route::Backend& backend : route.backends) {
            health_.try_emplace(&backend);
        }
    }
    if (non_tls) non_tls_ = route::Route{route::HostPattern::parse("*").value(), {{*non_tls, 1}}};
}

std::vector<Endpoint> Table::names_in(const route::RouteTable& routes,
                                      const std::optional<Endpoint>& non_tls) {
    std::set<Endpoint> names;
    for (const route::Route& route : routes.routes()) {
        for (const route::Backend& backend : route.backends) {
            if (backend.endpoint.kind == Endpoint::Kind::name) names.insert(backend.endpoint);
        }
    }
    if (non_tls && non_tls->kind == Endpoint::Kind::name) names.insert(*non_tls);
    return {names.begin(), names.end()};
}

std::vector<const route::Backend*> Table::candidates(const route::Route& route,
                                                     Clock::time_point now) const {
    const auto& backends = route.backends;
    if (backends.size() == 1 && backends.front().weight > 0) return {&backends.front()};
    const auto at = static_cast<std::size_t>(&route - routes_.routes().data());
    const std::uint64_t turn = turns_[at].fetch_add(1, std::memory_order_relaxed);
    std::vector<const route::Backend*> candidates;
    for (const std::size_t each :
         route::order(backends, turn, [&](std::size_t i) { return rests(backends[i], now); })) {
        candidates.push_back(&backends[each]);
    }
    return candidates;
}

bool Table::rests(const route::Backend& backend, Clock::time_point now) const {
    const Health* known = health(backend);
    return known && known->rests(now);
}

void Table::answered(const route::Backend& backend) const {
    if (Health* known = health(backend)) known->answered();
}

void Table::refused(const route::Backend& backend, Clock::time_point now) const {
    if (Health* known = health(backend)) known->refused(now);
}

Health* Table::health(const route::Backend& backend) const {
    const auto found = health_.find(&backend);
    return found == health_.end() ? nullptr : &found->second;
}

std::vector<Address> Table::addresses(const Endpoint& name_of, Clock::time_point now) const {
    const Name* known = name(name_of);
    if (!known) return {};
    const Name::Addresses all = known->addresses();
    std::vector<Address> addresses, resting;
    for (const Address& each : *all) {
        std::vector<Address>& these = each.health->rests(now) ? resting : addresses;
        if (these.size() < kMostTried) these.push_back(each);
        if (addresses.size() == kMostTried) return addresses;
    }
    resting.resize(std::min(resting.size(), kMostTried - addresses.size()));
    std::ranges::move(resting, std::back_inserter(addresses));
    return addresses;
}

const Name* Table::name(const Endpoint& endpoint) const {
    const auto found = names_.find(endpoint);
    return found == names_.end() ? nullptr : found->second.get();
}

std::vector<Diagnostic> unresolved(const Table& table) {
    std::vector<Diagnostic> missing;
    for (const auto& [endpoint, name] : table.names()) {
        if (name->leads_here() || name->error().empty()) continue;
        if (!name->addresses()->empty()) {
            missing.push_back(
                {.code = std::string(code::kCannotResolve),
                 .message = fmt::format("\"{}\" has no address any more, and keeps its last ones",
                                        endpoint.host),
                 .why = name->error(),
                 .hint = "is it gone? Then take it out of the routes; it is looked up again as "
                         "--resolve-every says, and at SIGHUP"});
            continue;
        }
        missing.push_back({.code = std::string(code::kCannotResolve),
                           .message = fmt::format("\"{}\" has no address", endpoint.host),
                           .why = name->error(),
                           .hint = "is the name right? It is looked up again as --resolve-every "
                                   "says, and at SIGHUP; until it has an address its routes have "
                                   "no backend there"});
    }
    return missing;
}

}  // namespace sni::router
