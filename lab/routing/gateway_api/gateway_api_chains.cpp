#include "lab/routing/gateway_api/gateway_api_chains.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_backends.h"
#include "lab/routing/gateway_api/gateway_api_bound_listener.h"
#include "lab/routing/gateway_api/gateway_api_no_route.h"
#include "lab/routing/gateway_api/gateway_api_terminating.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

/// `taken` is one of the chain's names.
Lost lost_names(const Rule& owner, const FilterChain& chain, const Text& taken) {
    Lost lost{
        .port = chain.port, .names = {}, .taken = taken.value, .rule = chain.rule, .winner = owner};
    lost.names.reserve(chain.names.size());
    for (const Text& name : chain.names) {
        lost.names.push_back(name.value);
    }
    return lost;
}

void report_taken(const FilterChain& chain, const Text& taken, const Rule& owner,
                  Findings& findings) {
    std::vector<std::string> others;
    for (const Text& name : chain.names) {
        if (name.value != taken.value && others.size() < 5) others.push_back(name.value);
    }
    const std::string lost_with_it =
        fmt::format("{}{}", others.empty() ? "" : "; lost with it: ", fmt::join(others, ", "));
    const bool own = owner == chain.rule;
    findings.add(
        Level::warning, code::kDuplicateSni, taken.at,
        fmt::format("the name {} has a rule on port {} already, so {}", quote(taken.value),
                    chain.port,
                    own ? "this route gets nothing at its other listener"
                        : "this route gets no name of its listener"),
        own ? fmt::format("two listeners of the port lead to this route, and Istio skips a match "
                          "whole where one name is taken{}",
                          lost_with_it)
            : fmt::format("{} comes first: the Gateway's own namespace does, then what is older, "
                          "then by name and namespace{}",
                          owner.text(), lost_with_it),
        "name each host in one route only");
}

/// A name among others would else be swallowed by "*".
void add_chain(FilterChain chain, std::vector<FilterChain>& to) {
    const auto all = std::ranges::find(chain.names, "*", &Text::value);
    if (all != chain.names.end() && chain.names.size() > 1) {
        FilterChain rest = chain;
        rest.names = {*all};
        chain.names.erase(all);
        to.push_back(std::move(rest));
    }
    to.push_back(std::move(chain));
}

/// All names of a route at its listener are one match, which is skipped whole where `taken` has one
/// of them.
void take_names(FilterChain chain, TakenNames<Rule>& taken, ListenerChains& made,
                Findings& findings) {
    for (const Text& name : chain.names) {
        const Rule* owner = taken.find(name.value, chain.bind);
        if (!owner) continue;
        // The very same names again lose nothing.
        if (*owner == chain.rule && chain.names.size() == 1) return;
        made.lost.push_back(lost_names(*owner, chain, name));
        return report_taken(chain, name, *owner, findings);
    }
    for (const Text& name : chain.names) {
        taken.take(name.value, chain.bind, chain.rule);
    }
    add_chain(std::move(chain), made.chains);
}

/// Of a listener that passes TLS on; `taken` are the names of its port that others before it have.
ListenerChains passthrough_chains(const ServicesView& view, const BoundListener& bound,
                                  TakenNames<Rule>& taken, Findings& findings) {
    ListenerChains made;
    bool any = false;
    for (const api::Route* route : routes_in_order(bound.gateway, bound.routes.tls_routes)) {
        FilterChain chain = chain_at(bound);
        chain.rule = rule_of(*route);
        chain.flawed = route->meta.flawed;
        chain.targets = backend_targets(view, *route);
        chain.names = names_at(*bound.own.listener, *route);
        // It asks for nothing.
        if (chain.names.empty() || chain.targets.empty()) continue;
        any = true;
        take_names(std::move(chain), taken, made, findings);
    }
    if (any) return made;
    const std::string listener = listener_text(bound.gateway, bound.own);
    made.closed = bound.routes.tls_routes.empty()
                      ? fmt::format("no TLSRoute is attached to {}", listener)
                      : fmt::format(
                            "no TLSRoute at {} has backends with a weight that can be "
                            "named so",
                            listener);
    return made;
}

using TakenByPort = std::map<std::uint16_t, TakenNames<Rule>>;

ListenerChains listener_chains(const ServicesView& view, const BoundListener& bound,
                               TakenByPort& taken, Findings& findings) {
    if (bound.own.is_without_certificate()) {
        return {.chains = {},
                .lost = {},
                .closed = fmt::format("{} has no certificate: {}",
                                      listener_text(bound.gateway, bound.own),
                                      bound.own.certificate.reason)};
    }
    return bound.own.passes_tls_on()
               ? passthrough_chains(view, bound, taken[bound.own.port()], findings)
               : chains_without_passthrough(view, bound, findings);
}

/// Why listeners that are not accepted have closed ports.
std::map<std::uint16_t, std::string> closed_ports(const JudgedGateway& gateway) {
    std::map<std::uint16_t, std::string> closed;
    for (const JudgedListener& judged : gateway.listeners) {
        if (judged.conflict.empty() && judged.unaccepted.empty()) continue;
        closed.emplace(
            judged.port(),
            fmt::format("{} is not accepted: {}", listener_text(*gateway.gateway, judged),
                        judged.conflict.empty() ? judged.unaccepted : judged.conflict));
    }
    return closed;
}

}  // namespace

GatewayChains gateway_chains(const ServicesView& view, const JudgedGateway& gateway,
                             const std::vector<MergedListener>& merged,
                             const std::vector<ListenerRoutes>& routes, Findings& findings) {
    GatewayChains all;
    all.closed = closed_ports(gateway);
    TakenByPort taken;
    for (const MergedListener& at : merged) {
        const BoundListener bound{.gateway = *gateway.gateway,
                                  .own = gateway.listeners[at.listener],
                                  .routes = routes[at.listener],
                                  .shares_chain = at.shares_chain};
        const bool passthrough = bound.own.passes_tls_on();
        ListenerChains made = listener_chains(view, bound, taken, findings);
        if (passthrough && bound.routes.tls_routes.empty())
            report_no_route(view.inputs, gateway, routes, bound.own, findings);
        const bool runs = passthrough || (!made.chains.empty() && made.chains.front().inside);
        if (runs) all.ports.push_back(bound.own.port());
        if (!made.closed.empty()) all.closed.emplace(bound.own.port(), std::move(made.closed));
        std::ranges::move(made.chains, std::back_inserter(all.chains));
        std::ranges::move(made.lost, std::back_inserter(all.lost));
    }
    return all;
}

}  // namespace sni::routing
