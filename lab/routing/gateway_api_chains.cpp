#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api_routing.h"

namespace sni::routing {

void GatewayApi::build(const ApiPlan& plan) {
    const std::string path = plan.gateway->meta.path();
    envoy_ = {.proxy = path, .gateways = {path}, .listeners = {}};
    std::map<std::uint16_t, std::map<std::string, Rule>> taken;
    std::vector<const ListenerPlan*> by_name;
    for (const ListenerPlan& planned : plan.listeners) {
        const api::Listener& listener = *planned.listener;
        if (!planned.serves()) {
            close(listener,
                  fmt::format("listener {} of Gateway {} is not accepted: {}",
                              quote(listener.name.value), quote(path),
                              planned.conflict.empty() ? planned.unaccepted : planned.conflict));
            continue;
        }
        if (!listener.passthrough) {
            if (planned.uncertified) {
                close(listener,
                      fmt::format("listener {} of Gateway {} has no certificate: {}",
                                  quote(listener.name.value), quote(path), planned.unresolved));
            } else {
                add_terminating(plan, planned);
            }
            continue;
        }
        state_.routing.ports.push_back(static_cast<std::uint16_t>(listener.port.value));
        by_name.push_back(&planned);
    }
    // Istio makes a Gateway of its own of each listener, all of one age.
    std::ranges::stable_sort(by_name, {}, [](const ListenerPlan* planned) {
        return std::string_view(planned->listener->name.value);
    });
    for (const ListenerPlan* planned : by_name) {
        bool any = false;
        for (const api::TlsRoute* route : routes_of(plan, *planned)) {
            any = add_route(plan, *planned, *route, taken) || any;
        }
        if (any || planned->attached.empty()) continue;
        close(*planned->listener,
              fmt::format("no TLSRoute at listener {} of Gateway {} has a backend with a weight",
                          quote(planned->listener->name.value), quote(path)));
    }
    for (const ListenerPlan& planned : plan.listeners) {
        if (!planned.attached.empty() || !planned.serves()) continue;
        close(*planned.listener, fmt::format("no TLSRoute is attached to listener {} of Gateway {}",
                                             quote(planned.listener->name.value), quote(path)));
        if (planned.listener->passthrough) report_no_route(plan, planned);
    }
    state_.envoys.push_back(std::move(envoy_));
}

std::vector<const api::TlsRoute*> GatewayApi::routes_of(const ApiPlan& plan,
                                                        const ListenerPlan& planned) {
    std::vector<const api::TlsRoute*> routes(planned.attached.begin(), planned.attached.end());
    std::ranges::sort(routes, {}, [&](const api::TlsRoute* route) {
        const Meta& meta = route->meta;
        return std::tuple(meta.ns.value != plan.gateway->meta.ns.value, meta.created.empty(),
                          std::string_view(meta.created), std::string_view(meta.ns.value),
                          std::string_view(meta.name.value));
    });
    return routes;
}

Rule GatewayApi::rule_of(const api::TlsRoute& route) {
    return {.kind = "TLSRoute",
            .ns = route.meta.ns.value,
            .name = route.meta.name.value,
            .at = route.rules.empty() ? route.meta.at : route.rules.front().at};
}

std::vector<Target> GatewayApi::targets_of(const api::TlsRoute& route) const {
    std::vector<Target> targets;
    if (route.rules.empty()) return targets;
    for (const api::BackendRef& backend : route.rules.front().backends) {
        if (backend.weight.value > 0) targets.push_back(target_of(route, backend));
    }
    return targets;
}

FilterChain GatewayApi::own_chain(const ApiPlan& plan, const ListenerPlan& planned) const {
    return {.port = static_cast<std::uint16_t>(planned.listener->port.value),
            .proxy = plan.gateway->meta.path(),
            .proxy_ns = plan.gateway->meta.ns.value,
            .bind = {},
            .gateway = plan.gateway->meta.path(),
            .names = {},
            .rule = {},
            .targets = {},
            .flawed = plan.gateway->meta.flawed};
}

bool GatewayApi::add_route(const ApiPlan& plan, const ListenerPlan& planned,
                           const api::TlsRoute& route,
                           std::map<std::uint16_t, std::map<std::string, Rule>>& taken) {
    FilterChain chain = own_chain(plan, planned);
    chain.rule = rule_of(route);
    chain.flawed = route.meta.flawed;
    chain.targets = targets_of(route);
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
        state_.chains.push_back(std::move(rest));
    }
    state_.chains.push_back(std::move(chain));
    return true;
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
    FilterChain chain = own_chain(plan, planned);
    if (target) {
        const api::Reference& secret = listener.certificates.front();
        state_.routing.ports.push_back(chain.port);
        chain.ends = FilterChain::Ends::gateway;
        // The TLS context is the listener's, and so are its names.
        chain.names = listener.hostname.value.empty() ? names_at(listener, *route)
                                                      : std::vector<Text>{listener.hostname};
        chain.rule = rule_of(*route);
        chain.credential = Reference{secret.ns.value, secret.name.value, secret.at};
        chain.inside = std::move(target);
        state_.chains.push_back(std::move(chain));
        return;
    }
    chain.ends = protocol == "HTTP" ? FilterChain::Ends::plain : FilterChain::Ends::gateway;
    chain.names = {{protocol == "HTTP" ? "*" : name, listener.at}};
    chain.rule = {.kind = "Gateway",
                  .ns = plan.gateway->meta.ns.value,
                  .name = plan.gateway->meta.name.value,
                  .at = listener.at};
    state_.chains.push_back(std::move(chain));
    report_terminating(planned);
}

void GatewayApi::report_terminating(const ListenerPlan& planned) {
    const api::Listener& listener = *planned.listener;
    const std::string& protocol = listener.protocol.value;
    std::string why;
    if (protocol == "TLS") {
        why =
            "of listeners that end TLS it runs those of protocol TLS with one certificate and one "
            "TLSRoute, with one backend that is there";
    } else {
        why = fmt::format("what comes by {} is chosen by HTTP's own rules, not by SNI", protocol);
    }
    state_.findings.error(
        code::kUnsupported, listener.protocol.at,
        fmt::format("the lab does not run listener {}, which {}", quote(listener.name.value),
                    protocol == "HTTP" ? "has no TLS" : "ends TLS itself"),
        std::move(why), {});
}

}  // namespace sni::routing
