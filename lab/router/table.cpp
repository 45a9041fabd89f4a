#include "lab/router/table.h"

#include "lab/net/resolve.h"
#include "lab/route/backoff.h"

namespace sni::router {

Table::Table(route::RouteTable routes, const std::optional<Endpoint>& non_tls)
    : routes_(std::move(routes)),
      turns_(std::make_unique<std::atomic<std::uint32_t>[]>(routes_.routes().size())) {
    const auto prepare = [this](const route::Route& route) {
        for (const route::Backend& backend : route.backends) {
            if (route.backends.size() > 1) health_.try_emplace(&backend);
            const bool named = backend.endpoint.kind == Endpoint::Kind::name;
            if (!named || resolved_.contains(backend.endpoint)) continue;
            resolved_.emplace(backend.endpoint, net::resolve(backend.endpoint));
        }
    };
    for (const route::Route& route : routes_.routes()) {
        prepare(route);
    }
    if (!non_tls) return;
    non_tls_ = route::Route{route::HostPattern::parse("*").value(), {{*non_tls, 1}}};
    prepare(*non_tls_);
}

std::vector<const route::Backend*> Table::candidates(const route::Route& route,
                                                     Clock::time_point now) const {
    const auto& backends = route.backends;
    if (backends.size() == 1) return {&backends.front()};
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
    return known && known->rests_until.load(std::memory_order_relaxed) > now;
}

void Table::answered(const route::Backend& backend) const {
    Health* known = health(backend);
    if (!known || known->refusals.load(std::memory_order_relaxed) == 0) return;
    known->refusals = 0;
    known->rests_until = Clock::time_point::min();
}

void Table::refused(const route::Backend& backend, Clock::time_point now) const {
    Health* known = health(backend);
    // Connections that were under way when it began to rest say nothing new.
    if (known && known->rests_until.load() <= now) {
        known->rests_until = now + route::rest_after(++known->refusals);
    }
}

Table::Health* Table::health(const route::Backend& backend) const {
    const auto found = health_.find(&backend);
    return found == health_.end() ? nullptr : &found->second;
}

std::span<const Endpoint> Table::addresses(const Endpoint& endpoint) const {
    if (endpoint.kind != Endpoint::Kind::name) return {&endpoint, 1};
    return resolved_.at(endpoint);
}

}  // namespace sni::router
