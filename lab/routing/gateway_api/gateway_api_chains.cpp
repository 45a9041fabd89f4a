#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

void GatewayApi::build(ApiPlan& plan) {
    const std::string path = plan.gateway->meta.path();
    envoy_ = {.proxy = path, .gateways = {path}, .listeners = {}};
    services_ = &inputs_.views.of(plan.gateway->meta.ns.value);
    for (const ListenerPlan& planned : plan.listeners) {
        if (planned.conflict.empty() && planned.unaccepted.empty()) continue;
        close(planned,
              fmt::format("listener {} of Gateway {} is not accepted: {}", quote(planned.label()),
                          quote(path),
                          planned.conflict.empty() ? planned.unaccepted : planned.conflict));
    }
    Taken taken;
    for (const ListenerPlan* planned : merge(plan)) {
        build_listener(plan, *planned, taken);
    }
    made_.envoys.push_back(std::move(envoy_));
}

std::vector<const ListenerPlan*> GatewayApi::merge(ApiPlan& plan) {
    std::vector<ListenerPlan*> all;
    for (ListenerPlan& planned : plan.listeners) {
        if (planned.is_parent() && planned.unaccepted.empty()) all.push_back(&planned);
    }
    std::ranges::stable_sort(all, {}, [](const ListenerPlan* planned) {
        const Meta& owner = *planned->owner;
        return std::tuple(owner.created.empty(), std::string_view(owner.created),
                          owner.name.value + "~" + planned->listener->name.value,
                          std::string_view(owner.ns.value));
    });
    std::vector<MergeServer> servers;
    servers.reserve(all.size());
    for (const ListenerPlan* planned : all) {
        const api::Listener& listener = *planned->listener;
        servers.push_back({.port = planned->port(),
                           .protocol = listener.protocol.value,
                           .written = listener.protocol.value,
                           .bind = {},
                           .hosts = {},  // those of two listeners differ, or they are in conflict
                           .tls = listener.has_tls});
    }
    const Merge merged = merge_servers(servers);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (merged.fates[i].kept()) continue;
        all[i]->winner = all[merged.fates[i].other]->listener;
        report_lost_port(*all[i]);
    }
    std::vector<const ListenerPlan*> order;
    order.reserve(merged.order.size());
    for (const std::size_t i : merged.order) {
        order.push_back(all[i]);
    }
    return order;
}

void GatewayApi::build_listener(const ApiPlan& plan, const ListenerPlan& planned, Taken& taken) {
    const std::string& protocol = planned.listener->protocol.value;
    if (planned.is_without_certificate()) {
        return close(planned, fmt::format("listener {} of Gateway {} has no certificate: {}",
                                          quote(planned.label()), quote(plan.gateway->meta.path()),
                                          planned.uncertified));
    }
    if (protocol == "TCP") return add_tcp(plan, planned);
    if (protocol == "TLS" && planned.listener->passthrough)
        return add_passthrough(plan, planned, taken);
    add_terminating(plan, planned);
}

std::vector<const api::Route*> GatewayApi::in_order(const ApiPlan& plan,
                                                    const std::set<const api::Route*>& routes) {
    std::vector<const api::Route*> sorted(routes.begin(), routes.end());
    std::ranges::sort(sorted, {}, [&](const api::Route* route) {
        const Meta& meta = route->meta;
        // The names of what Istio makes of them go on after the route's own.
        return std::tuple(meta.ns.value != plan.gateway->meta.ns.value, meta.created.empty(),
                          std::string_view(meta.created), meta.name.value + "~",
                          std::string_view(meta.ns.value));
    });
    return sorted;
}

Rule GatewayApi::rule_of(const api::Route& route) {
    return {.kind = route.kind,
            .ns = route.meta.ns.value,
            .name = route.meta.name.value,
            .at = route.rules.empty() ? route.meta.at : route.rules.front().at};
}

FilterChain GatewayApi::own_chain(const ApiPlan& plan, const ListenerPlan& planned) const {
    const std::string& hostname = planned.listener->hostname.value;
    return {.port = planned.port(),
            .proxy = plan.gateway->meta.path(),
            .proxy_ns = plan.gateway->meta.ns.value,
            .bind = {},
            .gateway = plan.gateway->meta.path(),
            .names = {{hostname.empty() ? "*" : hostname, planned.listener->at}},
            .rule = {.kind = std::string(planned.kind()),
                     .ns = planned.owner->ns.value,
                     .name = planned.owner->name.value,
                     .at = planned.listener->at},
            .targets = {},
            .flawed = plan.gateway->meta.flawed};
}

void GatewayApi::add_passthrough(const ApiPlan& plan, const ListenerPlan& planned, Taken& taken) {
    const std::string path = plan.gateway->meta.path();
    made_.ports.push_back(planned.port());
    bool any = false;
    for (const api::Route* route : in_order(plan, planned.attached)) {
        any = add_route(plan, planned, *route, taken) || any;
    }
    if (any) return;
    if (planned.attached.empty()) {
        close(planned, fmt::format("no TLSRoute is attached to listener {} of Gateway {}",
                                   quote(planned.label()), quote(path)));
        return report_no_route(plan, planned);
    }
    close(planned,
          fmt::format("no TLSRoute at listener {} of Gateway {} has backends with a weight that "
                      "can be named so",
                      quote(planned.label()), quote(path)));
}

bool GatewayApi::add_route(const ApiPlan& plan, const ListenerPlan& planned,
                           const api::Route& route, Taken& taken) {
    FilterChain chain = own_chain(plan, planned);
    chain.rule = rule_of(route);
    chain.flawed = route.meta.flawed;
    chain.targets = backend_targets(view(), route);
    chain.names = names_at(*planned.listener, route);
    if (chain.names.empty() || chain.targets.empty()) return false;
    std::map<std::string, Rule>& owners = taken[chain.port];
    for (const Text& name : chain.names) {
        const auto owner = owners.find(name.value);
        if (owner == owners.end()) continue;
        // The very same names again lose nothing.
        const bool nothing = owner->second == chain.rule && chain.names.size() == 1;
        if (!nothing) report_taken(route, chain.names, name, chain.port, owner->second);
        return true;
    }
    for (const Text& name : chain.names) {
        owners.emplace(name.value, chain.rule);
    }
    // A name among others would else be swallowed by "*".
    const auto all = std::ranges::find(chain.names, "*", &Text::value);
    if (all != chain.names.end() && chain.names.size() > 1) {
        FilterChain rest = chain;
        rest.names = {*all};
        chain.names.erase(all);
        made_.chains.push_back(std::move(rest));
    }
    made_.chains.push_back(std::move(chain));
    return true;
}

/// Whatever comes goes to the first TCPRoute, and is closed where that has no weight.
void GatewayApi::add_tcp(const ApiPlan& plan, const ListenerPlan& planned) {
    FilterChain chain = own_chain(plan, planned);
    report_unsupported(planned);
    chain.ends = FilterChain::Ends::raw;
    for (const api::Route* route : in_order(plan, planned.others)) {
        if (references_of(view(), *route).no_route) continue;
        chain.rule = rule_of(*route);
        chain.targets = backend_targets(view(), *route);
        made_.chains.push_back(std::move(chain));
        return;
    }
    close(planned, fmt::format("no TCPRoute is attached to listener {} of Gateway {}",
                               quote(planned.label()), quote(plan.gateway->meta.path())));
}

bool GatewayApi::lead_on(const ListenerPlan& planned, FilterChain& chain) const {
    bool any = false;
    for (const api::Route* route : planned.attached) {
        any = any || !backend_targets(view(), *route).empty();
    }
    for (const api::Route* route : planned.others) {
        any = any || !references_of(view(), *route).no_route;
    }
    // Of these the lab runs the plainest: one route, one backend, one certificate.
    const api::Listener& listener = *planned.listener;
    const bool one = planned.attached.size() == 1 && planned.others.empty();
    if (!one || listener.certificates.size() != 1 || planned.checks_clients) return any;
    const api::Route& route = **planned.attached.begin();
    if (route.rules.size() != 1 || route.rules.front().backends.size() != 1) return any;
    Target target = backend_target(view(), route, route.rules.front().backends.front());
    if (!target.problem.empty()) return any;
    const api::Reference& secret = listener.certificates.front();
    chain.rule = rule_of(route);
    chain.credential = Reference{secret.ns.value, secret.name.value, secret.at};
    chain.inside = std::move(target);
    return any;
}

void GatewayApi::add_terminating(const ApiPlan& plan, const ListenerPlan& planned) {
    const std::string& protocol = planned.listener->protocol.value;
    FilterChain chain = own_chain(plan, planned);
    chain.ends = FilterChain::Ends::gateway;
    if (protocol == "TLS") {
        // TLS without a route has nothing to do with what is inside.
        if (!lead_on(planned, chain)) {
            return close(planned,
                         fmt::format("no route with a weight is attached to listener {} of "
                                     "Gateway {}",
                                     quote(planned.label()), quote(plan.gateway->meta.path())));
        }
        // The TLS context is the listener's, and so are its names.
        if (chain.inside) made_.ports.push_back(chain.port);
    } else if (protocol == "HTTP") {
        chain.ends = FilterChain::Ends::plain;
        chain.names.front().value = "*";
        const bool there = std::ranges::any_of(made_.chains, [&](const FilterChain& other) {
            return other.ends == FilterChain::Ends::plain && other.proxy == chain.proxy &&
                   other.port == chain.port;
        });
        if (there) return report_unsupported(planned);
    }
    if (!chain.inside) report_unsupported(planned);
    made_.chains.push_back(std::move(chain));
}

}  // namespace sni::routing
