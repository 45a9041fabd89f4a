#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/lookup/port_protocol.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio/istio_routing.h"

namespace sni::routing {

void IstioRouting::read_ports() {
    for (const Service& service : manifest_.services) {
        const Labels& selector = service.selector.value;
        if (service.meta.ns.value != pods_.ns || selector.empty() ||
            !has_labels(pods_.labels, selector)) {
            continue;
        }
        std::set<std::pair<std::uint16_t, std::string>> known;
        for (const ServicePort& port : service.ports) {
            if (port.protocol.value != "TCP") continue;
            const auto target = services_.target_port(service, port);
            if (!target) continue;
            const auto number = static_cast<std::uint16_t>(port.port.value);
            client_ports_.emplace(number, *target);
            if (known.emplace(*target, protocol_of(port)).second)
                server_ports_.emplace(number, *target);
        }
    }
}

std::uint16_t IstioRouting::at_pod(const Ports& ports, std::uint16_t port) {
    const auto found = ports.find(port);
    return found == ports.end() ? port : found->second;
}

MergeServer IstioRouting::merge_server(const ServerAt& at) const {
    const GatewayPlan& plan = plans_[at.plan];
    const ServerPlan& planned = plan.servers[at.server];
    const Server& server = *planned.server;
    MergeServer merged{.port = planned.listens_at,
                       .protocol = server.protocol.value,
                       .written = server.protocol_as_written,
                       .bind = server.bind,
                       .hosts = {},
                       .tls = server.tls.has_value()};
    for (const Text& host : server.hosts) {
        merged.hosts.push_back(server_host(host.value, plan.gateway->meta.ns.value).text());
    }
    return merged;
}

std::vector<ServerAt> IstioRouting::merge() {
    std::vector<ServerAt> all;
    std::vector<MergeServer> servers;
    for (std::size_t p = 0; p < plans_.size(); ++p) {
        for (std::size_t s = 0; s < plans_[p].servers.size(); ++s) {
            all.push_back({p, s});
            servers.push_back(merge_server(all.back()));
        }
    }
    const Merge merged = merge_servers(servers);
    for (std::size_t i = 0; i < all.size(); ++i) {
        report_merged(all[i], merged.fates[i], all[merged.fates[i].other]);
        plans_[all[i].plan].servers[all[i].server].merged_as = merged.fates[i].protocol;
    }
    std::vector<ServerAt> order;
    order.reserve(merged.order.size());
    for (const std::size_t i : merged.order) {
        order.push_back(all[i]);
    }
    return order;
}

void IstioRouting::report_merged(const ServerAt& at, const Merged& merged, const ServerAt& other) {
    const Gateway& gateway = *plans_[at.plan].gateway;
    const ServerPlan& planned = plans_[at.plan].servers[at.server];
    switch (merged.fate) {
        case Merged::Fate::alone:
            break;
        case Merged::Fate::joins:
            report_joins(at, other);
            break;
        case Merged::Fate::has_host:
            report_lost_host(at, merged.host, other);
            break;
        case Merged::Fate::has_port:
            report_lost_port(at, other);
            break;
    }
    // One that ends TLS may be run, if its VirtualService is simple enough.
    const bool undecided = planned.server->tls == TlsMode::simple && merged.kept();
    if (!planned.passthrough && !undecided && !gateway.meta.flawed)
        report_unsupported(*planned.server);
}

void IstioRouting::report_joins(const ServerAt& at, const ServerAt& other) {
    const Server& server = *plans_[at.plan].servers[at.server].server;
    findings_.add(Level::warning, code::kPortConflict, server.port.at,
                  fmt::format("port {} has TLS servers already", server.port.value),
                  fmt::format("Gateway {} had it first; Istio adds this plain server all the "
                              "same, and skips every younger TLS server there",
                              quote(plans_[other.plan].gateway->meta.path())),
                  "use another port number");
}

void IstioRouting::report_lost_port(const ServerAt& at, const ServerAt& other) {
    const Gateway& gateway = *plans_[at.plan].gateway;
    const Server& server = *plans_[at.plan].servers[at.server].server;
    const std::string why = fmt::format("Gateway {} had it first, so Istio skips this server",
                                        quote(plans_[other.plan].gateway->meta.path()));
    const Server& first = *plans_[other.plan].servers[other.server].server;
    findings_.error(
        code::kPortConflict, server.port.at,
        speaks_tls(server.tls.has_value(), server.protocol.value)
            ? fmt::format("port {} cannot have TLS and plain servers at once", server.port.value)
            : fmt::format("port {} has a server with protocol {} already", server.port.value,
                          first.protocol.value),
        why, "use another port number");
    for (const Text& host : server.hosts) {
        add_lost({.port = port_of(server),
                  .names = {server_host(host.value, gateway.meta.ns.value).host},
                  .taken = {},
                  .rule = gateway_rule(gateway, server),
                  .winner = {},
                  .why = why});
    }
}

void IstioRouting::report_lost_host(const ServerAt& at, const std::string& host,
                                    const ServerAt& other) {
    const Gateway& gateway = *plans_[at.plan].gateway;
    const Server& server = *plans_[at.plan].servers[at.server].server;
    const Gateway& owner = *plans_[other.plan].gateway;
    const auto written = std::ranges::find_if(server.hosts, [&](const Text& text) {
        return server_host(text.value, gateway.meta.ns.value).text() == host;
    });
    const bool istios = &owner != &gateway && is_conflict_to_istio(server, gateway, owner);
    findings_.error(
        istios ? code::kGatewayConflict : code::kPortConflict,
        written == server.hosts.end() ? server.at : written->at,
        fmt::format("the host {} has a server on port {} already", quote(host), server.port.value),
        fmt::format("Gateway {} had it first, so Istio skips this server, its other "
                    "hosts included",
                    quote(owner.meta.path())),
        "name each host in one server only");
}

void IstioRouting::share_ports() {
    if (client_ports_.empty()) return;
    std::set<std::uint16_t> written;
    for (const GatewayPlan& plan : plans_) {
        for (const ServerPlan& planned : plan.servers) {
            written.insert(port_of(*planned.server));
        }
    }
    const auto own = state_.chains.begin() + static_cast<std::ptrdiff_t>(first_chain_);
    const std::vector<FilterChain> chains(own, state_.chains.end());
    state_.chains.erase(own, state_.chains.end());
    for (const std::uint16_t port : written) {
        for (const FilterChain& chain : chains) {
            if (at_pod(server_ports_, chain.port) != at_pod(client_ports_, port)) continue;
            state_.chains.push_back(chain);
            state_.chains.back().port = port;
        }
    }
}

}  // namespace sni::routing
