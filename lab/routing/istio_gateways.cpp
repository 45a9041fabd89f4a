#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio_routing.h"

namespace sni::routing {

namespace {

std::string shown(const Labels& labels) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : labels) {
        if (pairs.size() < 5) pairs.push_back(printable(key) + "=" + printable(value));
    }
    return fmt::format("{}", fmt::join(pairs, " and "));
}

}  // namespace

std::string bind_address(const Server& server) {
    return server.bind == "0.0.0.0" || server.bind == "::" ? std::string() : server.bind;
}

bool is_plain_http(std::string_view protocol) {
    return (protocol.starts_with("HTTP") && protocol != "HTTPS" && protocol != "HTTP_PROXY") ||
           protocol.starts_with("GRPC");
}

Rule gateway_rule(const Gateway& gateway, const Server& server) {
    return {.kind = "Gateway",
            .ns = gateway.meta.ns.value,
            .name = gateway.meta.name.value,
            .at = server.at};
}

std::uint16_t port_of(const Server& server) {
    return static_cast<std::uint16_t>(server.port.value);
}

bool speaks_tls(const Server& server) {
    return server.tls && (server.protocol.value == "TLS" || server.protocol.value == "HTTPS");
}

std::string IstioRouting::proxy_of(const GatewayPods& pods) {
    return pods.name.empty() ? fmt::format("istio {}", shown(pods.labels)) : "istio " + pods.name;
}

void IstioRouting::run() {
    for (const Gateway* gateway : by_age(manifest_.gateways)) {
        plan(*gateway);
    }
    std::vector<const VirtualService*> services = by_age(manifest_.virtual_services);
    std::ranges::stable_sort(services, {}, [&](const auto* each) { return export_rank(*each); });
    for (const VirtualService* service : services) {
        bind(*service);
    }
    for (const ServerAt& at : servers_in_order()) {
        const GatewayPlan& gateway = plans_[at.plan];
        const ServerPlan& server = gateway.servers[at.server];
        if (server.passthrough) {
            build_chains(gateway, server);
        } else {
            add_terminating(gateway, server);
        }
    }
    if (!envoy_.gateways.empty()) state_.envoys.push_back(std::move(envoy_));
}

std::vector<ServerAt> IstioRouting::servers_in_order() const {
    using Group = std::tuple<std::uint16_t, std::string, std::string>;
    std::map<Group, std::size_t> index;
    std::vector<std::vector<ServerAt>> groups;
    for (std::size_t p = 0; p < plans_.size(); ++p) {
        for (std::size_t s = 0; s < plans_[p].servers.size(); ++s) {
            const ServerPlan& planned = plans_[p].servers[s];
            if (planned.skipped) continue;
            const Server& server = *planned.server;
            const auto [slot, fresh] = index.try_emplace(
                {port_of(server), server.protocol.value, bind_address(server)}, groups.size());
            if (fresh) groups.emplace_back();
            groups[slot->second].push_back({p, s});
        }
    }
    std::vector<ServerAt> all;
    for (const std::vector<ServerAt>& group : groups) {
        all.insert(all.end(), group.begin(), group.end());
    }
    return all;
}

void IstioRouting::note_closed(std::uint16_t port, std::string why) {
    envoy_.listeners.closed.emplace(port, why);
    routing_.listeners.closed.emplace(port, std::move(why));
}

void IstioRouting::plan(const Gateway& gateway) {
    const auto& only = state_.setting.gateway;
    if (only && *only != gateway.meta.path()) {
        unserved_.insert(gateway.meta.path());
        return;
    }
    if (!is_served(gateway)) return;
    envoy_.gateways.push_back(gateway.meta.path());
    GatewayPlan plan{.gateway = &gateway, .servers = {}, .hosts = {}, .bound = {}};
    for (const Server& server : gateway.servers) {
        if (server.port.value == 0) continue;  // reported by the reader
        ServerPlan planned{.server = &server, .hosts = {}};
        for (const Text& text : server.hosts) {
            const ServerHost host = server_host(text.value, gateway.meta.ns.value);
            planned.hosts.add(host);
            plan.hosts.add(host);
        }
        planned.passthrough = server.tls == TlsMode::passthrough && speaks_tls(server);
        planned.skipped = loses_port(gateway, server);
        // One that ends TLS may be run, if its VirtualService is simple enough.
        const bool undecided = server.tls == TlsMode::simple && !planned.skipped;
        if (!planned.passthrough && !undecided && !gateway.meta.flawed) report_unsupported(server);
        if (planned.passthrough) routing_.ports.push_back(port_of(server));
        plan.servers.push_back(std::move(planned));
    }
    index_.emplace(gateway.meta.path(), plans_.size());
    plans_.push_back(std::move(plan));
}

bool IstioRouting::is_served(const Gateway& gateway) {
    if (has_labels(pods_.labels, gateway.selector.value)) return true;
    unserved_.insert(gateway.meta.path());
    const auto& given = state_.setting.gateway_labels;
    const Labels& labels = given ? *given : usual_gateway_labels();
    // Said once for all pods, by the first.
    const bool elsewhere = std::ranges::any_of(state_.pods, [&](const GatewayPods& pods) {
        return has_labels(pods.labels, gateway.selector.value);
    });
    if (elsewhere || &pods_ != &state_.pods.front()) return false;
    for (const Server& server : gateway.servers) {
        note_closed(port_of(server),
                    fmt::format("Gateway {} selects {}, which the gateway's pods do not have",
                                quote(gateway.meta.path()), shown(gateway.selector.value)));
    }
    if (!gateway.meta.flawed) report_no_pods(gateway, labels);
    return false;
}

/// Gateways of one's own, for egress or between networks, are as usual as Istio's ingress gateway,
/// so their selector is no mistake: their pods are in other files.
void IstioRouting::report_no_pods(const Gateway& gateway, const Labels& labels) {
    const auto& selector = gateway.selector.value;
    // "egressgateway" is two edits from "ingressgateway", and no typing error.
    constexpr std::size_t kTypo = 1;
    std::vector<std::string> wanted;
    std::vector<std::string> have;
    for (const auto& [key, value] : selector) {
        wanted.push_back(fmt::format("{}={}", printable(key), printable(value)));
        std::vector<std::string> known;
        if (const auto own = labels.find(key); own != labels.end()) known.push_back(own->second);
        constexpr std::size_t kMost = 1'000;
        for (const Deployment& deployment : manifest_.deployments) {
            const auto own = deployment.pod.labels.value.find(key);
            if (own != deployment.pod.labels.value.end() && known.size() < kMost)
                known.push_back(own->second);
        }
        if (const auto near = nearest(value.substr(0, 64), known, kTypo))
            have.push_back(fmt::format("{}={}", printable(key), printable(*near)));
    }
    const bool typo = !have.empty();
    findings_.add(
        typo ? Level::error : state_.unknown, code::kNotFound, gateway.selector.at,
        fmt::format("no gateway pod {}has the labels that Gateway {} selects",
                    typo ? "" : "of these files ", quote(gateway.meta.path())),
        fmt::format("the gateway's pods have {}", shown(labels)),
        typo ? fmt::format("did you mean {}?", fmt::join(have, ","))
             : fmt::format("add the Deployment with these pods to the files, or say that there are "
                           "some: --gateway-labels {}",
                           fmt::join(wanted, ",")));
}

void IstioRouting::report_unsupported(const Server& server) {
    if (!speaks_tls(server)) {
        findings_.error(
            code::kUnsupported, server.protocol.at,
            fmt::format("a server with protocol {} is not played by the lab",
                        server.protocol.value),
            "it plays what TLS comes to: mode PASSTHROUGH, and SIMPLE with one http route");
    } else {
        findings_.error(
            code::kUnsupported, server.tls_at, "this server is not played by the lab",
            "it plays mode PASSTHROUGH, and SIMPLE with one VirtualService that has one http "
            "route");
    }
}

bool IstioRouting::loses_port(const Gateway& gateway, const Server& server) {
    Shared& listener = listeners_[port_of(server)];
    if (speaks_tls(server) && loses_host(gateway, server)) return true;
    if (listener.plain && listener.plain->bind == bind_address(server))
        return loses_to_plain(gateway, server, *listener.plain);
    if (speaks_tls(server)) {
        if (!listener.tls) listener.tls = &gateway;
        return false;
    }
    if (listener.tls && !listener.plain) {
        findings_.add(Level::warning, code::kPortConflict, server.port.at,
                      fmt::format("port {} has TLS servers already", server.port.value),
                      fmt::format("Gateway {} had it first; Istio adds this plain server all the "
                                  "same, and skips every younger TLS server there",
                                  quote(listener.tls->meta.path())),
                      "use another port number");
    }
    if (!listener.plain)
        listener.plain = Shared::Plain{server.protocol.value, bind_address(server), &gateway};
    return false;
}

bool IstioRouting::loses_to_plain(const Gateway& gateway, const Server& server,
                                  const Shared::Plain& first) {
    const std::string& protocol = server.protocol.value;
    if (is_plain_http(protocol) && is_plain_http(first.protocol)) return false;
    const std::string why = fmt::format("Gateway {} had it first, so Istio skips this server",
                                        quote(first.owner->meta.path()));
    if (speaks_tls(server)) {
        findings_.error(
            code::kPortConflict, server.port.at,
            fmt::format("port {} cannot have TLS and plain servers at once", server.port.value),
            why, "use another port number");
    } else {
        findings_.error(code::kPortConflict, server.port.at,
                        fmt::format("port {} has a server with protocol {} already",
                                    server.port.value, first.protocol),
                        why, "use another port number");
    }
    for (const Text& host : server.hosts) {
        add_lost({.port = port_of(server),
                  .names = {server_host(host.value, gateway.meta.ns.value).host},
                  .taken = {},
                  .rule = gateway_rule(gateway, server),
                  .winner = {},
                  .why = why});
    }
    return true;
}

bool IstioRouting::loses_host(const Gateway& gateway, const Server& server) {
    Shared& listener = listeners_[port_of(server)];
    // A server with an address of its own shares nothing with others.
    const auto key = [&](const Text& text) {
        return server_host(text.value, gateway.meta.ns.value).text() + "@" + bind_address(server);
    };
    for (const Text& text : server.hosts) {
        const std::string host = server_host(text.value, gateway.meta.ns.value).text();
        const auto owner = listener.hosts.find(key(text));
        if (owner == listener.hosts.end()) continue;
        const bool own = owner->second == &gateway;
        findings_.error(own ? code::kPortConflict : code::kGatewayConflict, text.at,
                        fmt::format("the host {} has a server on port {} already", quote(host),
                                    server.port.value),
                        fmt::format("Gateway {} had it first, so Istio skips this server, its "
                                    "other hosts included",
                                    quote(owner->second->meta.path())),
                        "name each host in one server only");
        return true;
    }
    for (const Text& text : server.hosts) {
        listener.hosts.emplace(key(text), &gateway);
    }
    return false;
}

}  // namespace sni::routing
