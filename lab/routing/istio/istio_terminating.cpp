#include "lab/routing/istio/istio_terminating.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/istio/istio_targets.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

ServerChains one_chain(FilterChain chain) {
    ServerChains made;
    made.chains.push_back(std::move(chain));
    return made;
}

ServerChains stays_closed(std::string why) {
    return {.chains = {}, .lost = {}, .closed = std::move(why)};
}

FilterChain chain_of(const PodsView& view, const BoundServer& server) {
    return {.ends = FilterChain::Ends::gateway,
            .port = server.port(),
            .proxy = view.proxy,
            .proxy_ns = view.pods.ns,
            .bind = bind_address(server.server()),
            .gateway = server.gateway().meta.path(),
            .names = {},
            .rule = gateway_rule(server.gateway(), server.server()),
            .targets = {},
            .flawed = server.gateway().meta.flawed};
}

struct TcpRuleOf {
    const VirtualService* service = nullptr;
    const TcpRule* rule = nullptr;
};

/// The first tcp rule that fits; nothing in it: none does.
TcpRuleOf tcp_rule_of(const BoundServer& server) {
    for (const VirtualService* service : server.services) {
        if (!server.own.hosts.overlaps_any(*service)) continue;
        for (const TcpRule& rule : service->tcp_rules) {
            const bool taken =
                rule.matches.empty() || std::ranges::any_of(rule.matches, [&](const auto& match) {
                    return fits(match, *service, server);
                });
            if (taken) return {service, &rule};
        }
    }
    return {};
}

/// A TCP server: whatever comes goes to the first tcp rule that fits.
ServerChains tcp_chain(const PodsView& view, const BoundServer& server) {
    const auto [service, rule] = tcp_rule_of(server);
    if (!rule) {
        return stays_closed(
            fmt::format("no VirtualService has a tcp rule for port {} of Gateway {}", server.port(),
                        quote(server.gateway().meta.path())));
    }
    FilterChain chain = chain_of(view, server);
    chain.ends = FilterChain::Ends::raw;
    chain.names.push_back({"*", server.server().at});
    chain.rule = {.kind = "VirtualService",
                  .ns = service->meta.ns.value,
                  .name = service->meta.name.value,
                  .at = rule->at};
    chain.targets = targets_of(view, *service, rule->destinations, chain.port);
    return one_chain(std::move(chain));
}

/// AUTO_PASSTHROUGH: the names by which other networks call the mesh's Services.
ServerChains mesh_chains(const PodsView& view, const BoundServer& server) {
    ServerChains made = stays_closed(
        fmt::format("Gateway {} has mode AUTO_PASSTHROUGH there, which is open for the "
                    "mesh's own names, and these files hold no Service that its hosts "
                    "stand for",
                    quote(server.gateway().meta.path())));
    const Spot at = server.server().at;
    for (const Service& service : view.inputs.manifest.services) {
        const std::string host = full_host(service.meta.name.value, service.meta.ns.value);
        if (!server.own.hosts.covers({host, at}, service.meta.ns.value)) continue;
        for (const ServicePort& port : service.ports) {
            if (port.protocol.value != "TCP") continue;
            FilterChain& chain = made.chains.emplace_back(chain_of(view, server));
            chain.ends = FilterChain::Ends::raw;
            chain.names.push_back({fmt::format("outbound_.{}_._.{}", port.port.value, host), at});
            chain.targets.push_back(view.services.target(service, port));
        }
    }
    return made;
}

/// The one VirtualService with http rules that the lab can run behind the server; nullptr: it
/// cannot, and `findings` says why.
const VirtualService* http_service_of(const BoundServer& server, Findings& findings) {
    const VirtualService* service = nullptr;
    for (const VirtualService* bound : server.services) {
        if (bound->http_rules.empty() || !server.own.hosts.overlaps_any(*bound)) continue;
        if (service) {
            findings.error(code::kUnsupported, bound->meta.name.at,
                           fmt::format("the lab runs one VirtualService with http rules for a "
                                       "server that ends TLS, and {} is there already",
                                       quote(service->meta.path())),
                           {}, "give it a server with hosts of its own");
            return nullptr;
        }
        service = bound;
    }
    if (!service) report_unsupported(server.server(), findings);
    return service;
}

/// Lets the lab's terminator run the chain; where it cannot, `findings` says why.
void let_run(const PodsView& view, const BoundServer& server, FilterChain& chain,
             Findings& findings) {
    if (chain.flawed) return;
    const VirtualService* service = http_service_of(server, findings);
    if (!service) return;
    const HttpRule& rule = service->http_rules.front();
    if (service->http_rules.size() > 1 || !rule.unconditional || rule.destinations.size() > 1) {
        return findings.error(code::kUnsupported, rule.at,
                              "behind a server that ends TLS the lab runs one http rule with one "
                              "route, and nothing else in it",
                              {}, "write http: [{route: [{destination: …}]}]");
    }
    const std::vector<Text>& credentials = server.server().credentials;
    if (credentials.size() != 1) {
        return findings.error(code::kUnsupported, server.server().tls_at,
                              "the lab runs a server that ends TLS with one credentialName", {},
                              "add credentialName: NAME of a Secret in the gateway's namespace");
    }
    chain.credential = Reference{view.pods.ns, credentials.front().value, credentials.front().at};
    chain.inside = view.services.target(*service, rule.destinations.front(), chain.port);
}

ServerChains terminating_chain(const PodsView& view, const BoundServer& server,
                               Findings& findings) {
    const Server& own = server.server();
    const Gateway& gateway = server.gateway();
    const bool simple = own.tls == TlsMode::simple;
    if (own.protocol.value != "HTTPS" && !tcp_rule_of(server).rule) {
        if (simple && !gateway.meta.flawed) report_unsupported(own, findings);
        return stays_closed(
            fmt::format("Gateway {} ends TLS there, and no VirtualService has tcp "
                        "rules for what is inside",
                        quote(gateway.meta.path())));
    }
    FilterChain chain = chain_of(view, server);
    for (const Text& host : own.hosts) {
        // Each once, whose VirtualServices it may be (pilot/pkg/model/gateway.go,
        // GetSNIHostsForServer).
        std::string name = server_host(host.value, gateway.meta.ns.value).host;
        if (std::ranges::find(chain.names, name, &Text::value) != chain.names.end()) continue;
        chain.names.push_back({std::move(name), host.at});
    }
    if (simple) let_run(view, server, chain, findings);
    return one_chain(std::move(chain));
}

ServerChains plain_chain(const PodsView& view, const BoundServer& server) {
    if (server.shares_chain) return {};
    FilterChain chain = chain_of(view, server);
    chain.ends = FilterChain::Ends::plain;
    chain.names.push_back({"*", server.server().at});
    return one_chain(std::move(chain));
}

}  // namespace

ServerChains chains_without_passthrough(const PodsView& view, const BoundServer& server,
                                        Findings& findings) {
    const Server& own = server.server();
    if (speaks_tls(own.tls.has_value(), own.protocol.value)) {
        return own.tls == TlsMode::auto_passthrough ? mesh_chains(view, server)
                                                    : terminating_chain(view, server, findings);
    }
    return is_plain_http(own.protocol.value) ? plain_chain(view, server) : tcp_chain(view, server);
}

}  // namespace sni::routing
