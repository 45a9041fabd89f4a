#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio/istio_routing.h"

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

Rule gateway_rule(const Gateway& gateway, const Server& server) {
    return {.kind = "Gateway",
            .ns = gateway.meta.ns.value,
            .name = gateway.meta.name.value,
            .at = server.at};
}

std::uint16_t port_of(const Server& server) {
    return static_cast<std::uint16_t>(server.port.value);
}

std::string IstioRouting::proxy_of(const GatewayPods& pods) {
    return pods.name.empty() ? fmt::format("istio {}", shown(pods.labels)) : "istio " + pods.name;
}

void IstioRouting::run() {
    first_chain_ = state_.chains.size();
    read_ports();
    for (const Gateway* gateway : by_age(manifest_.gateways)) {
        plan(*gateway);
    }
    const std::vector<ServerAt> servers = merge();
    std::vector<const VirtualService*> services = by_age(manifest_.virtual_services);
    std::ranges::stable_sort(services, {}, [&](const auto* each) { return export_rank(*each); });
    for (const VirtualService* service : services) {
        bind(*service);
    }
    for (const ServerAt& at : servers) {
        const GatewayPlan& gateway = plans_[at.plan];
        const ServerPlan& server = gateway.servers[at.server];
        if (server.passthrough) {
            build_chains(gateway, server);
        } else {
            add_terminating(gateway, server);
        }
    }
    share_ports();
    if (!envoy_.gateways.empty()) state_.envoys.push_back(std::move(envoy_));
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
        planned.passthrough =
            server.tls == TlsMode::passthrough && speaks_tls(true, server.protocol.value);
        planned.listens_at = at_pod(server_ports_, port_of(server));
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
    if (!speaks_tls(server.tls.has_value(), server.protocol.value)) {
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

}  // namespace sni::routing
