#include "lab/routing/istio/istio_merge.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

/// A server among all those of the same pods.
struct ServerAt {
    const Gateway& gateway;
    const Server& server;
    bool passthrough;
    MergedServer place;

    std::string host(const Text& host) const {
        return server_host(host.value, gateway.meta.ns.value).text();
    }
};

std::vector<ServerAt> all_servers(const std::vector<ServedGateway>& gateways,
                                  const PodPorts& ports) {
    std::vector<ServerAt> all;
    for (std::size_t g = 0; g < gateways.size(); ++g) {
        for (std::size_t s = 0; s < gateways[g].servers.size(); ++s) {
            const ServedServer& own = gateways[g].servers[s];
            all.push_back({.gateway = *gateways[g].gateway,
                           .server = *own.server,
                           .passthrough = own.passthrough,
                           .place = {.gateway = g,
                                     .server = s,
                                     .listens_at = at_pod(ports.server, port_of(*own.server))}});
        }
    }
    return all;
}

MergeServer to_merge(const ServerAt& at) {
    MergeServer merge{.port = at.place.listens_at,
                      .protocol = at.server.protocol.value,
                      .written = at.server.protocol_as_written,
                      .bind = at.server.bind,
                      .hosts = {},
                      .tls = at.server.tls.has_value()};
    for (const Text& host : at.server.hosts) {
        merge.hosts.push_back(at.host(host));
    }
    return merge;
}

void report_joins(const ServerAt& at, const ServerAt& other, Findings& findings) {
    findings.add(Level::warning, code::kPortConflict, at.server.port.at,
                 fmt::format("port {} has TLS servers already", at.server.port.value),
                 fmt::format("Gateway {} had it first; Istio adds this plain server all the "
                             "same, and skips every younger TLS server there",
                             quote(other.gateway.meta.path())),
                 "use another port number");
}

std::string why_lost(const ServerAt& first) {
    return fmt::format("Gateway {} had it first, so Istio skips this server",
                       quote(first.gateway.meta.path()));
}

void report_lost_port(const ServerAt& at, const ServerAt& first, Findings& findings) {
    const Server& server = at.server;
    findings.error(
        code::kPortConflict, server.port.at,
        speaks_tls(server.tls.has_value(), server.protocol.value)
            ? fmt::format("port {} cannot have TLS and plain servers at once", server.port.value)
            : fmt::format("port {} has a server with protocol {} already", server.port.value,
                          first.server.protocol.value),
        why_lost(first), "use another port number");
}

std::vector<Lost> lost_hosts(const ServerAt& at, const ServerAt& first) {
    std::vector<Lost> lost;
    lost.reserve(at.server.hosts.size());
    for (const Text& host : at.server.hosts) {
        lost.push_back({.port = port_of(at.server),
                        .names = {server_host(host.value, at.gateway.meta.ns.value).host},
                        .taken = {},
                        .rule = gateway_rule(at.gateway, at.server),
                        .winner = {},
                        .why = why_lost(first)});
    }
    return lost;
}

void report_lost_host(const ServerAt& at, const std::string& host, const ServerAt& other,
                      Findings& findings) {
    const Server& server = at.server;
    const auto written =
        std::ranges::find_if(server.hosts, [&](const Text& text) { return at.host(text) == host; });
    const bool istios =
        &other.gateway != &at.gateway && is_conflict_to_istio(server, at.gateway, other.gateway);
    findings.error(
        istios ? code::kGatewayConflict : code::kPortConflict,
        written == server.hosts.end() ? server.at : written->at,
        fmt::format("the host {} has a server on port {} already", quote(host), server.port.value),
        fmt::format("Gateway {} had it first, so Istio skips this server, its other "
                    "hosts included",
                    quote(other.gateway.meta.path())),
        "name each host in one server only");
}

void report_merged(const ServerAt& at, const Merged& merged, const ServerAt& other,
                   Findings& findings) {
    switch (merged.fate) {
        case Merged::Fate::alone:
            break;
        case Merged::Fate::joins:
            report_joins(at, other, findings);
            break;
        case Merged::Fate::has_host:
            report_lost_host(at, merged.host, other, findings);
            break;
        case Merged::Fate::has_port:
            report_lost_port(at, other, findings);
            break;
    }
    // One that ends TLS may be run, if its VirtualService is simple enough.
    const bool undecided = at.server.tls == TlsMode::simple && merged.kept();
    if (!at.passthrough && !undecided && !at.gateway.meta.flawed)
        report_unsupported(at.server, findings);
}

}  // namespace

MergedServers merge_gateways(const std::vector<ServedGateway>& gateways, const PodPorts& ports,
                             Findings& findings) {
    const std::vector<ServerAt> all = all_servers(gateways, ports);
    std::vector<MergeServer> servers;
    servers.reserve(all.size());
    for (const ServerAt& at : all) {
        servers.push_back(to_merge(at));
    }
    const Merge merge = merge_servers(servers);
    MergedServers merged;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Merged& fate = merge.fates[i];
        report_merged(all[i], fate, all[fate.other], findings);
        if (fate.fate != Merged::Fate::has_port) continue;
        std::ranges::move(lost_hosts(all[i], all[fate.other]), std::back_inserter(merged.lost));
    }
    // Port of the pod, protocol, bind: has a chain.
    std::set<std::tuple<std::uint16_t, std::string, std::string>> plain;
    for (const std::size_t i : merge.order) {
        const Server& server = all[i].server;
        MergedServer& kept = merged.servers.emplace_back(all[i].place);
        if (!is_plain_http(server.protocol.value)) continue;
        kept.shares_chain =
            !plain.emplace(kept.listens_at, merge.fates[i].protocol, server.bind).second;
    }
    return merged;
}

}  // namespace sni::routing
