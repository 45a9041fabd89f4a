#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/istio_routing.h"

namespace sni::manifest {

namespace {

/// The pods every Istio installation has and no tutorial's files hold.
const Labels& usual_labels() {
    static const Labels kLabels = {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}};
    return kLabels;
}

std::string shown(const Labels& labels) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : labels) {
        if (pairs.size() < 5) pairs.push_back(printable(key) + "=" + printable(value));
    }
    return fmt::format("{}", fmt::join(pairs, " and "));
}

}  // namespace

std::uint16_t port_of(const Server& server) {
    return static_cast<std::uint16_t>(server.port.value);
}

bool speaks_tls(const Server& server) {
    return server.tls && (server.protocol.value == "TLS" || server.protocol.value == "HTTPS");
}

void IstioRouting::run() {
    for (const Gateway* gateway : by_age(manifest_.gateways)) {
        plan(*gateway);
    }
    for (const VirtualService* service : by_age(manifest_.virtual_services)) {
        bind(*service);
    }
    for (const GatewayPlan& gateway : plans_) {
        for (const ServerPlan& server : gateway.servers) {
            if (server.skipped) continue;
            if (server.passthrough) {
                build_chains(gateway, server);
            } else {
                add_terminating(gateway, server);
            }
        }
    }
}

void IstioRouting::note_closed(std::uint16_t port, std::string why) {
    routing_.listeners.closed.emplace(port, std::move(why));
}

void IstioRouting::plan(const Gateway& gateway) {
    const auto& only = shop_.setting.gateway;
    if (only && *only != gateway.meta.path()) {
        unserved_.insert(gateway.meta.path());
        return;
    }
    if (!is_served(gateway)) return;
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
    const auto& given = shop_.setting.gateway_labels;
    const Labels& labels = given ? *given : usual_labels();
    if (has_labels(labels, gateway.selector.value)) return true;
    const bool own_pod =
        !given && std::ranges::any_of(manifest_.deployments, [&](const Deployment& deployment) {
            return has_labels(deployment.pod.labels.value, gateway.selector.value);
        });
    if (own_pod) return true;
    unserved_.insert(gateway.meta.path());
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
        typo ? Level::error : shop_.unknown, code::kNotFound, gateway.selector.at,
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
    const auto [first, fresh] = listeners_.try_emplace(port_of(server));
    Shared& listener = first->second;
    if (fresh) {
        listener.tls = speaks_tls(server);
        listener.owner = &gateway;
    } else if (listener.tls != speaks_tls(server)) {
        findings_.error(
            code::kGatewayConflict, server.port.at,
            fmt::format("port {} cannot have TLS and plain servers at once", server.port.value),
            fmt::format("Gateway {} had it first, so Istio skips this server",
                        quote(listener.owner->meta.path())),
            "use another port number");
        return true;
    }
    if (!listener.tls) return false;
    // A server with an address of its own shares nothing with others.
    const auto key = [&](const Text& text) {
        return server_host(text.value, gateway.meta.ns.value).text() + "@" + server.bind;
    };
    for (const Text& text : server.hosts) {
        const std::string host = server_host(text.value, gateway.meta.ns.value).text();
        const auto owner = listener.hosts.find(key(text));
        if (owner == listener.hosts.end()) continue;
        findings_.error(code::kGatewayConflict, text.at,
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

}  // namespace sni::manifest
