#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/gateway_api_routing.h"

namespace sni::manifest {

void GatewayApi::build(const ApiPlan& plan) {
    const std::string path = plan.gateway->meta.path();
    std::map<std::uint16_t, std::map<std::string, Rule>> taken;
    for (const ListenerPlan& planned : plan.listeners) {
        const api::Listener& listener = *planned.listener;
        const auto port = static_cast<std::uint16_t>(listener.port.value);
        if (!planned.serves()) {
            close(listener,
                  fmt::format("listener {} of Gateway {} is not accepted: {}",
                              quote(listener.name.value), quote(path),
                              planned.conflict.empty() ? planned.unaccepted : planned.conflict));
            continue;
        }
        if (listener.passthrough) shop_.routing.ports.push_back(port);
        if (!listener.passthrough) add_terminating(plan, planned);
    }
    for (const api::TlsRoute* route : routes_by_age()) {
        for (const ListenerPlan& planned : plan.listeners) {
            if (!planned.serves() || !planned.listener->passthrough) continue;
            if (planned.attached.contains(route)) add_route(plan, planned, *route, taken);
        }
    }
    for (const ListenerPlan& planned : plan.listeners) {
        if (!planned.attached.empty() || !planned.serves()) continue;
        close(*planned.listener, fmt::format("no TLSRoute is attached to listener {} of Gateway {}",
                                             quote(planned.listener->name.value), quote(path)));
        if (planned.listener->passthrough) report_no_route(plan, planned);
    }
}

const std::vector<const api::TlsRoute*>& GatewayApi::routes_by_age() {
    if (!sorted_.empty() || manifest_.tls_routes.empty()) return sorted_;
    sorted_ = by_age(manifest_.tls_routes);
    // Of the same age: by "namespace/name".
    std::ranges::stable_sort(sorted_, {}, [](const api::TlsRoute* r) {
        return std::tuple(r->meta.created.empty(), std::string_view(r->meta.created),
                          std::string_view(r->meta.ns.value), std::string_view(r->meta.name.value));
    });
    return sorted_;
}

Rule GatewayApi::rule_of(const api::TlsRoute& route) {
    return {.kind = "TLSRoute",
            .ns = route.meta.ns.value,
            .name = route.meta.name.value,
            .at = route.rules.empty() ? route.meta.at : route.rules.front().at};
}

void GatewayApi::add_route(const ApiPlan& plan, const ListenerPlan& planned,
                           const api::TlsRoute& route,
                           std::map<std::uint16_t, std::map<std::string, Rule>>& taken) {
    const auto port = static_cast<std::uint16_t>(planned.listener->port.value);
    FilterChain chain{.port = port,
                      .proxy = plan.gateway->meta.path(),
                      .gateway = plan.gateway->meta.path(),
                      .names = {},
                      .rule = rule_of(route),
                      .targets = {},
                      .flawed = route.meta.flawed,
                      .route = &route};
    for (Text& name : names_at(*planned.listener, route)) {
        const auto [owner, fresh] = taken[port].emplace(name.value, chain.rule);
        if (fresh) {
            chain.names.push_back(std::move(name));
        } else if (owner->second != chain.rule) {
            report_taken(route, name, port, owner->second);
        }
    }
    if (chain.names.empty() || route.rules.empty()) return;
    for (const api::BackendRef& backend : route.rules.front().backends) {
        Target target = target_of(route, backend);
        if (target.weight > 0) chain.targets.push_back(std::move(target));
    }
    // A name among others would else be swallowed by "*".
    const auto all = std::ranges::find(chain.names, "*", &Text::value);
    if (all != chain.names.end() && chain.names.size() > 1) {
        FilterChain rest = chain;
        rest.names = {*all};
        chain.names.erase(all);
        shop_.chains.push_back(std::move(rest));
    }
    shop_.chains.push_back(std::move(chain));
}

void GatewayApi::add_terminating(const ApiPlan& plan, const ListenerPlan& planned) {
    const api::Listener& listener = *planned.listener;
    const std::string& protocol = listener.protocol.value;
    if (protocol == "TCP") {
        return close(listener,
                     fmt::format("listener {} of Gateway {} has protocol TCP, which is "
                                 "not understood",
                                 quote(listener.name.value), quote(plan.gateway->meta.path())));
    }
    // TLS without a route has nothing to do with what is inside.
    if (protocol == "TLS" && planned.attached.empty()) return;
    const std::string name = listener.hostname.value.empty() ? "*" : listener.hostname.value;
    // TLS ended for a TLSRoute: what is inside goes on as it is.
    const api::TlsRoute* route = nullptr;
    std::optional<Target> target;
    if (protocol == "TLS" && planned.attached.size() == 1 && listener.certificates.size() == 1) {
        route = *planned.attached.begin();
        const bool one = route->rules.size() == 1 && route->rules.front().backends.size() == 1;
        if (one) target = target_of(*route, route->rules.front().backends.front());
        if (!one || !target->problem.empty()) target = std::nullopt;
    }
    if (target) {
        const api::Reference& secret = listener.certificates.front();
        const auto port = static_cast<std::uint16_t>(listener.port.value);
        shop_.routing.ports.push_back(port);
        shop_.chains.push_back(
            {.ends = FilterChain::Ends::gateway,
             .port = port,
             .proxy = plan.gateway->meta.path(),
             .gateway = plan.gateway->meta.path(),
             .names = names_at(listener, *route),
             .rule = rule_of(*route),
             .targets = {},
             .flawed = plan.gateway->meta.flawed,
             .credential = Reference{secret.ns.value, secret.name.value, secret.at},
             .inside_target = std::move(target)});
        return;
    }
    shop_.chains.push_back(
        {.ends = protocol == "HTTP" ? FilterChain::Ends::plain : FilterChain::Ends::gateway,
         .port = static_cast<std::uint16_t>(listener.port.value),
         .proxy = plan.gateway->meta.path(),
         .gateway = plan.gateway->meta.path(),
         .names = {{protocol == "HTTP" ? "*" : name, listener.at}},
         .rule = {.kind = "Gateway",
                  .ns = plan.gateway->meta.ns.value,
                  .name = plan.gateway->meta.name.value,
                  .at = listener.at},
         .targets = {},
         .flawed = plan.gateway->meta.flawed});
    shop_.findings.error(code::kUnsupported, listener.protocol.at,
                         fmt::format("the lab does not run listener {}, which ends TLS itself or "
                                     "has none",
                                     quote(listener.name.value)),
                         {}, "write protocol: TLS and tls: {mode: Passthrough}");
}

}  // namespace sni::manifest
