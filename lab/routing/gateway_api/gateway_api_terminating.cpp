#include "lab/routing/gateway_api/gateway_api_terminating.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_backends.h"

namespace sni::routing {

namespace {

void report_not_run(const api::Listener& listener, Findings& findings) {
    const std::string& protocol = listener.protocol.value;
    std::string why;
    if (protocol == "TLS") {
        why =
            "of listeners that end TLS it runs those of protocol TLS with one certificate and one "
            "TLSRoute, with one backend that is there, and without certificates of clients";
    } else if (protocol == "TCP") {
        why = "it plays what TLS comes to, where a name decides";
    } else {
        why = fmt::format("what comes by {} is chosen by HTTP's own rules, not by SNI", protocol);
    }
    findings.error(
        code::kUnsupported, listener.protocol.at,
        fmt::format("the lab does not run listener {}, which {}", quote(listener.name.value),
                    protocol == "HTTP" || protocol == "TCP" ? "has no TLS" : "ends TLS itself"),
        std::move(why), {});
}

/// TCP: whatever comes goes to the first TCPRoute, and is closed where that has no weight.
ListenerChains raw_chain(const ServicesView& view, const BoundListener& bound) {
    for (const api::Route* route : routes_in_order(bound.gateway, bound.routes.others)) {
        if (references_of(view, *route).no_route) continue;
        FilterChain chain = chain_at(bound);
        chain.ends = FilterChain::Ends::raw;
        chain.rule = rule_of(*route);
        chain.targets = backend_targets(view, *route);
        return {.chains = {std::move(chain)}, .lost = {}, .closed = {}};
    }
    return {.chains = {},
            .lost = {},
            .closed = fmt::format("no TCPRoute is attached to {}",
                                  listener_text(bound.gateway, bound.own))};
}

/// Plain HTTP, of every name: one chain for all such listeners of a port.
ListenerChains http_chain(const BoundListener& bound) {
    if (bound.shares_chain) return {};
    FilterChain chain = chain_at(bound);
    chain.ends = FilterChain::Ends::plain;
    chain.names.front().value = "*";
    return {.chains = {std::move(chain)}, .lost = {}, .closed = {}};
}

/// Whether any route leads on from where TLS is ended.
bool leads_on(const ServicesView& view, const ListenerRoutes& routes) {
    return std::ranges::any_of(
               routes.tls_routes,
               [&](const api::Route* route) { return !backend_targets(view, *route).empty(); }) ||
           std::ranges::any_of(routes.others, [&](const api::Route* route) {
               return !references_of(view, *route).no_route;
           });
}

/// Of listeners that end TLS the lab runs the plainest: one route, one backend, one certificate.
void lead_inside(const ServicesView& view, const BoundListener& bound, FilterChain& chain) {
    const api::Listener& listener = *bound.own.listener;
    const bool one = bound.routes.tls_routes.size() == 1 && bound.routes.others.empty();
    if (!one || listener.certificates.size() != 1 || bound.own.checks_clients) return;
    const api::Route& route = *bound.routes.tls_routes.front();
    if (route.rules.size() != 1 || route.rules.front().backends.size() != 1) return;
    Target target = backend_target(view, route, route.rules.front().backends.front());
    if (!target.problem.empty()) return;
    const api::Reference& secret = listener.certificates.front();
    chain.rule = rule_of(route);
    chain.credential = Reference{secret.ns.value, secret.name.value, secret.at};
    chain.inside = std::move(target);
}

/// HTTPS, or TLS that is ended. The TLS context is the listener's, and so are its names.
ListenerChains ended_chain(const ServicesView& view, const BoundListener& bound) {
    FilterChain chain = chain_at(bound);
    chain.ends = FilterChain::Ends::gateway;
    if (bound.own.listener->protocol.value == "TLS") {
        // TLS without a route has nothing to do with what is inside.
        if (!leads_on(view, bound.routes)) {
            return {.chains = {},
                    .lost = {},
                    .closed = fmt::format("no route with a weight is attached to {}",
                                          listener_text(bound.gateway, bound.own))};
        }
        lead_inside(view, bound, chain);
    }
    return {.chains = {std::move(chain)}, .lost = {}, .closed = {}};
}

}  // namespace

ListenerChains chains_without_passthrough(const ServicesView& view, const BoundListener& bound,
                                          Findings& findings) {
    const api::Listener& listener = *bound.own.listener;
    const std::string& protocol = listener.protocol.value;
    if (protocol == "TCP" || protocol == "HTTP") {
        report_not_run(listener, findings);
        return protocol == "TCP" ? raw_chain(view, bound) : http_chain(bound);
    }
    ListenerChains made = ended_chain(view, bound);
    if (!made.chains.empty() && !made.chains.front().inside) report_not_run(listener, findings);
    return made;
}

}  // namespace sni::routing
