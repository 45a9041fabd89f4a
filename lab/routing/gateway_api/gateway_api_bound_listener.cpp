#include "lab/routing/gateway_api/gateway_api_bound_listener.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

namespace sni::routing {

std::string hostname_of(const api::Listener& listener) {
    return listener.hostname.value.empty() ? "*" : listener.hostname.value;
}

Rule rule_of(const OwnListener& own) {
    return {.kind = std::string(own.kind()),
            .ns = own.owner->ns.value,
            .name = own.owner->name.value,
            .at = own.listener->at};
}

Rule rule_of(const api::Route& route) {
    return {.kind = route.kind,
            .ns = route.meta.ns.value,
            .name = route.meta.name.value,
            .at = route.rules.empty() ? route.meta.at : route.rules.front().at};
}

FilterChain chain_at(const BoundListener& bound) {
    const Meta& meta = bound.gateway.meta;
    return {.port = bound.own.port(),
            .proxy = meta.path(),
            .proxy_ns = meta.ns.value,
            .bind = {},
            .gateway = meta.path(),
            .names = {{hostname_of(*bound.own.listener), bound.own.listener->at}},
            .rule = rule_of(bound.own),
            .targets = {},
            .flawed = meta.flawed};
}

std::vector<const api::Route*> routes_in_order(const api::Gateway& gateway,
                                               std::vector<const api::Route*> routes) {
    std::ranges::sort(routes, {}, [&](const api::Route* route) {
        const Meta& meta = route->meta;
        // The names of what Istio makes of them go on after the route's own.
        return std::tuple(meta.ns.value != gateway.meta.ns.value, meta.created.empty(),
                          std::string_view(meta.created), meta.name.value + "~",
                          std::string_view(meta.ns.value));
    });
    return routes;
}

std::string listener_text(const api::Gateway& gateway, const OwnListener& own) {
    return fmt::format("listener {} of Gateway {}", quote(own.label()), quote(gateway.meta.path()));
}

}  // namespace sni::routing
