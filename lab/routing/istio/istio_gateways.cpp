#include "lab/routing/istio/istio_gateways.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio/pods_view.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

ServedGateway with_servers(const Gateway& gateway) {
    ServedGateway served{.gateway = &gateway, .servers = {}, .hosts = {}};
    for (const Server& server : gateway.servers) {
        if (server.port.value == 0) continue;  // reported by the reader
        ServedServer& own = served.servers.emplace_back();
        own.server = &server;
        own.passthrough =
            server.tls == TlsMode::passthrough && speaks_tls(true, server.protocol.value);
        for (const Text& text : server.hosts) {
            const ServerHost host = server_host(text.value, gateway.meta.ns.value);
            own.hosts.add(host);
            served.hosts.add(host);
        }
    }
    return served;
}

/// Gateways of one's own, for egress or between networks, are as usual as Istio's ingress gateway,
/// so their selector is no mistake: their pods are in other files.
void report_no_pods(const Gateway& gateway, const Inputs& inputs, Findings& findings) {
    const auto& given = inputs.environment.gateway_labels;
    const Labels& labels = given ? *given : usual_gateway_labels();
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
        for (const Deployment& deployment : inputs.manifest.deployments) {
            const auto own = deployment.pod.labels.value.find(key);
            if (own != deployment.pod.labels.value.end() && known.size() < kMost)
                known.push_back(own->second);
        }
        if (const auto near = nearest(value.substr(0, 64), known, kTypo))
            have.push_back(fmt::format("{}={}", printable(key), printable(*near)));
    }
    const bool typo = !have.empty();
    findings.add(
        typo ? Level::error : inputs.unknown, code::kNotFound, gateway.selector.at,
        fmt::format("no gateway pod {}has the labels that Gateway {} selects",
                    typo ? "" : "of these files ", quote(gateway.meta.path())),
        fmt::format("the gateway's pods have {}", shown(labels)),
        typo ? fmt::format("did you mean {}?", fmt::join(have, ","))
             : fmt::format("add the Deployment with these pods to the files, or say that there are "
                           "some: --gateway-labels {}",
                           fmt::join(wanted, ",")));
}

}  // namespace

const ServedGateway* ServedGateways::find(const std::string& path) const {
    const auto found = index.find(path);
    return found == index.end() ? nullptr : &gateways[found->second];
}

ServedGateways served_gateways(const Inputs& inputs, std::span<const GatewayPods> groups,
                               std::size_t own, Findings& findings) {
    ServedGateways served;
    for (const Gateway* gateway : by_age(inputs.manifest.gateways)) {
        const std::string path = gateway->meta.path();
        const auto& only = inputs.environment.gateway;
        const bool left_out = only && *only != path;
        const auto selects = [&](const GatewayPods& pods) {
            return has_labels(pods.labels, gateway->selector.value);
        };
        if (!left_out && selects(groups[own])) {
            served.index.emplace(path, served.gateways.size());
            served.gateways.push_back(with_servers(*gateway));
            continue;
        }
        served.unserved.insert(path);
        if (left_out || own != 0 || std::ranges::any_of(groups, selects)) continue;
        for (const Server& server : gateway->servers) {
            served.closed.emplace(
                port_of(server),
                fmt::format("Gateway {} selects {}, which the gateway's pods do not have",
                            quote(path), shown(gateway->selector.value)));
        }
        if (!gateway->meta.flawed) report_no_pods(*gateway, inputs, findings);
    }
    return served;
}

}  // namespace sni::routing
