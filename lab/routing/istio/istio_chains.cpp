#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio/gateway_path.h"
#include "lab/routing/istio/istio_routing.h"

namespace sni::routing {

namespace {

Rule rule_of(const Chain& chain) {
    return {.kind = "VirtualService",
            .ns = chain.service->meta.ns.value,
            .name = chain.service->meta.name.value,
            .at = chain.rule->at};
}

/// Whether a list in a VirtualService names the Gateway; one that is empty names them all.
bool names_gateway(const std::vector<Text>& names, const VirtualService& service,
                   const Gateway& gateway) {
    return names.empty() || std::ranges::any_of(names, [&](const Text& name) {
               return gateway_path(name.value, service.meta.ns.value) == gateway.meta.path();
           });
}

/// Of a tls or a tcp rule: what of it chooses the server.
template <class Match>
bool fits(const Match& match, const VirtualService& service, const Gateway& gateway,
          std::uint16_t port) {
    return (!match.port || match.port->value == port) &&
           names_gateway(match.gateways, service, gateway);
}

}  // namespace

void IstioRouting::build_chains(const GatewayPlan& plan, const ServerPlan& server) {
    bool any = false;
    for (const VirtualService* service : plan.bound) {
        if (!server.hosts.overlaps_any(*service)) continue;
        for (const TlsRoute& rule : service->tls) {
            for (const TlsMatch& match : rule.matches) {
                const Chain chain{.port = port_of(*server.server),
                                  .gateway = plan.gateway,
                                  .service = service,
                                  .rule = &rule,
                                  .match = &match};
                if (!fits(match, *service, *plan.gateway, chain.port)) continue;
                any = true;
                if (take_names(chain, server)) {
                    add_chain(chain, bind_address(*server.server));
                    report_wider(chain, plan);
                }
            }
        }
    }
    if (any) return;
    note_closed(port_of(*server.server),
                fmt::format("no VirtualService has a tls rule for port {} of Gateway {}",
                            server.server->port.value, quote(plan.gateway->meta.path())));
    report_no_route(plan, server);
}

bool IstioRouting::take_names(const Chain& chain, const ServerPlan& server) {
    TakenNames<Chain>& owners = names_[server.listens_at];
    const std::string& bind = server.server->bind;
    for (const Text& sni : chain.match->sni_hosts) {
        const Chain* owner = owners.find(sni.value, bind);
        if (!owner) continue;
        // A Gateway with two servers on a port meets the same match twice.
        if (owner->match != chain.match) report_duplicate(chain, sni, *owner);
        return false;
    }
    for (const Text& sni : chain.match->sni_hosts) {
        owners.take(sni.value, bind, chain);
    }
    return true;
}

void IstioRouting::add_chain(const Chain& chain, const std::string& bind) {
    const auto [targets, fresh] = targets_.try_emplace({chain.rule, chain.port});
    if (fresh) targets->second = targets_of(*chain.service, chain.rule->destinations, chain.port);
    state_.chains.push_back({.port = chain.port,
                             .proxy = envoy_.proxy,
                             .proxy_ns = pods_.ns,
                             .bind = bind,
                             .gateway = chain.gateway->meta.path(),
                             .names = chain.match->sni_hosts,
                             .rule = rule_of(chain),
                             .targets = targets->second,
                             .flawed = chain.service->meta.flawed});
}

/// A subset is a cluster of its own, which only a DestinationRule makes.
void IstioRouting::check_subset(Target& target, const std::string& subset) const {
    if (subset.empty() || !target.problem.empty()) return;
    const bool entry = target.kind == Target::Kind::service_entry;
    const std::string host = entry ? target.name : full_host(target.name, target.ns);
    const Subset* found = state_.rules.subset(host, subset, pods_.ns);
    if (!found) {
        target.missing = Target::Missing::endpoints;
        target.problem =
            fmt::format("no DestinationRule that the gateway sees has a subset {} of {}",
                        quote(subset), quote(host));
        return;
    }
    const bool nobody = entry
                            ? services_.entries().has_no_endpoint(target, found->labels.value)
                            : services_.has_no_pod(target.ns, target.selector, found->labels.value);
    if (!nobody) return;
    target.missing = Target::Missing::endpoints;
    target.problem = fmt::format("no {} has the labels of subset {}",
                                 entry ? fmt::format("endpoint of {}", quote(host))
                                       : fmt::format("pod of Service {}", quote(target.path())),
                                 quote(subset));
}

void IstioRouting::add_lost(Lost lost) {
    envoy_.listeners.lost.push_back(lost);
    routing_.listeners.lost.push_back(std::move(lost));
}

std::vector<Target> IstioRouting::targets_of(const VirtualService& service,
                                             const std::vector<Destination>& destinations,
                                             std::uint16_t port) const {
    std::vector<Target> targets;
    for (const Destination& destination : destinations) {
        Target target = services_.target(service, destination, port);
        check_subset(target, destination.subset.value);
        // One destination takes all, whatever its weight; of several those without one are
        // dropped.
        target.weight = destinations.size() == 1 ? 100 : destination.weight.value;
        if (target.weight > 0) targets.push_back(std::move(target));
    }
    return targets;
}

FilterChain IstioRouting::own_chain(const GatewayPlan& plan, const ServerPlan& planned) const {
    const Server& server = *planned.server;
    return {.ends = FilterChain::Ends::gateway,
            .port = port_of(server),
            .proxy = envoy_.proxy,
            .proxy_ns = pods_.ns,
            .bind = bind_address(server),
            .gateway = plan.gateway->meta.path(),
            .names = {},
            .rule = gateway_rule(*plan.gateway, server),
            .targets = {},
            .flawed = plan.gateway->meta.flawed};
}

void IstioRouting::add_terminating(const GatewayPlan& plan, const ServerPlan& planned) {
    const Server& server = *planned.server;
    const std::string& protocol = server.protocol.value;
    const std::string path = quote(plan.gateway->meta.path());
    FilterChain chain = own_chain(plan, planned);
    if (speaks_tls(server.tls.has_value(), protocol)) {
        if (server.tls == TlsMode::auto_passthrough) return add_mesh_names(plan, planned);
        if (protocol != "HTTPS" && !tcp_rule_of(plan, planned)) {
            if (server.tls == TlsMode::simple && !chain.flawed) report_unsupported(server);
            return note_closed(
                chain.port, fmt::format("Gateway {} ends TLS there, and no VirtualService has tcp "
                                        "rules for what is inside",
                                        path));
        }
        for (const Text& host : server.hosts) {
            chain.names.push_back(
                {server_host(host.value, plan.gateway->meta.ns.value).host, host.at});
        }
        if (server.tls == TlsMode::simple && run_terminator(plan, planned, chain))
            routing_.ports.push_back(chain.port);
    } else if (is_plain_http(protocol)) {
        // Plain HTTP servers that are merged are one chain. Two that are not have one match, and
        // Envoy takes neither.
        if (!plain_.emplace(planned.listens_at, planned.merged_as, server.bind).second) return;
        chain.ends = FilterChain::Ends::plain;
        chain.names.push_back({"*", server.at});
    } else {
        return add_tcp(plan, planned);
    }
    state_.chains.push_back(std::move(chain));
}

std::optional<IstioRouting::Tcp> IstioRouting::tcp_rule_of(const GatewayPlan& plan,
                                                           const ServerPlan& planned) {
    const std::uint16_t port = port_of(*planned.server);
    for (const VirtualService* service : plan.bound) {
        if (!planned.hosts.overlaps_any(*service)) continue;
        for (const TcpRule& rule : service->tcp_rules) {
            const bool taken =
                rule.matches.empty() || std::ranges::any_of(rule.matches, [&](const auto& match) {
                    return fits(match, *service, *plan.gateway, port);
                });
            if (taken) return Tcp{service, &rule};
        }
    }
    return std::nullopt;
}

void IstioRouting::add_tcp(const GatewayPlan& plan, const ServerPlan& planned) {
    FilterChain chain = own_chain(plan, planned);
    if (const auto found = tcp_rule_of(plan, planned)) {
        const auto& [service, rule] = *found;
        chain.ends = FilterChain::Ends::raw;
        chain.names.push_back({"*", planned.server->at});
        chain.rule = {.kind = "VirtualService",
                      .ns = service->meta.ns.value,
                      .name = service->meta.name.value,
                      .at = rule->at};
        chain.targets = targets_of(*service, rule->destinations, chain.port);
        state_.chains.push_back(std::move(chain));
        return;
    }
    note_closed(chain.port,
                fmt::format("no VirtualService has a tcp rule for port {} of Gateway {}",
                            chain.port, quote(plan.gateway->meta.path())));
}

void IstioRouting::add_mesh_names(const GatewayPlan& plan, const ServerPlan& planned) {
    for (const Service& service : manifest_.services) {
        const std::string host = full_host(service.meta.name.value, service.meta.ns.value);
        if (!planned.hosts.covers({host, planned.server->at}, service.meta.ns.value)) continue;
        for (const ServicePort& port : service.ports) {
            if (port.protocol.value != "TCP") continue;
            FilterChain chain = own_chain(plan, planned);
            chain.ends = FilterChain::Ends::raw;
            chain.names.push_back(
                {fmt::format("outbound_.{}_._.{}", port.port.value, host), planned.server->at});
            chain.targets.push_back(services_.target(service, port));
            state_.chains.push_back(std::move(chain));
        }
    }
    note_closed(port_of(*planned.server),
                fmt::format("Gateway {} has mode AUTO_PASSTHROUGH there, which is open for the "
                            "mesh's own names, and these files hold no Service that its hosts "
                            "stand for",
                            quote(plan.gateway->meta.path())));
}

bool IstioRouting::run_terminator(const GatewayPlan& plan, const ServerPlan& planned,
                                  FilterChain& chain) {
    if (chain.flawed) return false;
    const Server& server = *planned.server;
    const auto refuse = [&](Spot at, std::string message, std::string hint) {
        findings_.error(code::kUnsupported, at, std::move(message), {}, std::move(hint));
        return false;
    };
    const VirtualService* service = nullptr;
    for (const VirtualService* bound : plan.bound) {
        if (bound->http_rules.empty() || !planned.hosts.overlaps_any(*bound)) continue;
        if (service) {
            return refuse(bound->meta.name.at,
                          fmt::format("the lab runs one VirtualService with http rules for a "
                                      "server that ends TLS, and {} is there already",
                                      quote(service->meta.path())),
                          "give it a server with hosts of its own");
        }
        service = bound;
    }
    if (!service) {
        report_unsupported(server);
        return false;
    }
    const HttpRule& rule = service->http_rules.front();
    if (service->http_rules.size() > 1 || !rule.unconditional || rule.destinations.size() > 1) {
        return refuse(rule.at,
                      "behind a server that ends TLS the lab runs one http rule with one "
                      "route, and nothing else in it",
                      "write http: [{route: [{destination: …}]}]");
    }
    if (server.credentials.size() != 1) {
        return refuse(server.tls_at, "the lab runs a server that ends TLS with one credentialName",
                      "add credentialName: NAME of a Secret in the gateway's namespace");
    }
    chain.credential =
        Reference{pods_.ns, server.credentials.front().value, server.credentials.front().at};
    chain.inside = services_.target(*service, rule.destinations.front(), chain.port);
    return true;
}

void IstioRouting::report_duplicate(const Chain& chain, const Text& sni, const Chain& owner) {
    Lost without{.port = chain.port,
                 .names = {},
                 .taken = sni.value,
                 .rule = rule_of(chain),
                 .winner = rule_of(owner)};
    for (const Text& name : chain.match->sni_hosts) {
        without.names.push_back(name.value);
    }
    add_lost(std::move(without));
    if (chain.service->meta.flawed || !reported_.insert(chain.match).second) return;
    std::vector<std::string> lost;
    for (const Text& other : chain.match->sni_hosts) {
        if (other.value != sni.value && lost.size() < 5) lost.push_back(other.value);
    }
    findings_.add(
        Level::warning, code::kDuplicateSni, sni.at,
        fmt::format("the name {} has a rule on port {} already, so this whole match "
                    "is skipped",
                    quote(sni.value), chain.port),
        fmt::format("VirtualService {} comes first{}{}", quote(owner.service->meta.path()),
                    lost.empty() ? "" : "; lost with it: ", fmt::join(lost, ", ")),
        "name each host in one match only");
}

void IstioRouting::report_wider(const Chain& chain, const GatewayPlan& plan) {
    if (chain.service->meta.flawed || plan.gateway->meta.flawed) return;
    for (const Text& sni : chain.match->sni_hosts) {
        if (plan.hosts.covers(sni, chain.service->meta.ns.value)) continue;
        findings_.add(Level::info, code::kSniWider, sni.at,
                      fmt::format("{} is open although Gateway {} does not name it",
                                  quote(sni.value), quote(plan.gateway->meta.path())),
                      "under PASSTHROUGH the Gateway's hosts choose VirtualServices, they do "
                      "not filter SNI");
    }
}

void IstioRouting::report_no_route(const GatewayPlan& plan, const ServerPlan& server) {
    const bool excused =
        plan.gateway->meta.flawed || std::ranges::any_of(flawed_, [&](const auto* service) {
            return names_gateway(service->gateways, *service, *plan.gateway);
        });
    if (excused) return;
    const std::string why = why_no_route(plan, server);
    // A platform's files hold the Gateway, and its tenants' files the routes.
    const bool known = !why.empty() || !plan.bound.empty();
    findings_.add(known ? Level::error : state_.unknown, code::kNoRoute, server.server->port.at,
                  fmt::format("no VirtualService {}has a tls rule for port {} of Gateway {}",
                              known ? "" : "of these files ", server.server->port.value,
                              quote(plan.gateway->meta.path())),
                  why + "Istio opens no listener then, and clients are refused",
                  plan.bound.empty()
                      ? "add a VirtualService with this Gateway, a host of it and tls rules"
                      : "");
}

std::string IstioRouting::why_no_route(const GatewayPlan& plan, const ServerPlan& server) const {
    for (const VirtualService* service : plan.bound) {
        const std::string path = quote(service->meta.path());
        if (!server.hosts.overlaps_any(*service)) {
            return fmt::format("VirtualService {} names this Gateway, but none of its hosts; ",
                               path);
        }
        if (service->tls.empty()) {
            return fmt::format("VirtualService {} has no tls rules; ", path);
        }
        return fmt::format("no match of VirtualService {} fits this port and Gateway; ", path);
    }
    for (const VirtualService& service : manifest_.virtual_services) {
        if (!server.hosts.overlaps_any(service)) continue;
        return fmt::format("VirtualService {} has its host, but does not name this Gateway; ",
                           quote(service.meta.path()));
    }
    return {};
}

}  // namespace sni::routing
