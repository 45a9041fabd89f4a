#include "lab/router/table.h"

#include "lab/net/resolve.h"

namespace sni::router {

Table::Table(route::RouteTable routes)
    : routes_(std::move(routes)),
      turns_(std::make_unique<std::atomic<std::uint32_t>[]>(routes_.routes().size())) {
    for (const route::Route& route : routes_.routes()) {
        for (const route::Backend& backend : route.backends) {
            const bool named = backend.endpoint.kind == Endpoint::Kind::name;
            if (!named || resolved_.contains(backend.endpoint)) continue;
            resolved_.emplace(backend.endpoint, net::resolve(backend.endpoint));
        }
    }
}

std::vector<const route::Backend*> Table::candidates(const route::Route& route) const {
    const auto& backends = route.backends;
    const auto at = static_cast<std::size_t>(&route - routes_.routes().data());
    const std::uint64_t turn =
        backends.size() > 1 ? turns_[at].fetch_add(1, std::memory_order_relaxed) : 0;
    std::vector<const route::Backend*> order;
    const auto first = route::choose(backends, turn);
    for (std::size_t i = 0; first && i < backends.size(); ++i) {
        const route::Backend& next = backends[(*first + i) % backends.size()];
        if (next.weight > 0) order.push_back(&next);
    }
    return order;
}

std::span<const Endpoint> Table::addresses(const Endpoint& endpoint) const {
    if (endpoint.kind != Endpoint::Kind::name) return {&endpoint, 1};
    return resolved_.at(endpoint);
}

}  // namespace sni::router
