#include "lab/routing/istio/istio_binding_checks.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/dns_name.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio/gateway_path.h"

namespace sni::routing {

namespace {

void check_kinds(const VirtualService& service, bool passthrough, bool other, Findings& findings) {
    if (passthrough && !other && (service.http || service.tcp)) {
        findings.add(
            service.tls.empty() ? Level::error : Level::warning, code::kRouteKind,
            service.http ? *service.http : *service.tcp,
            fmt::format("{} rules have no effect under PASSTHROUGH", service.http ? "http" : "tcp"),
            "the gateway sees nothing but the ClientHello", "write tls rules with sniHosts");
    }
    if (other && !passthrough && !service.tls.empty()) {
        findings.add(Level::warning, code::kRouteKind, service.tls.front().at,
                     "tls rules have effect under PASSTHROUGH only",
                     "the server that they meet has another mode");
    }
}

void check_match(const TlsMatch& match, const std::set<std::int64_t>& ports, Findings& findings) {
    if (match.port && !ports.empty() && !ports.contains(match.port->value)) {
        findings.add(Level::warning, code::kPortNeverMatches, match.port->at,
                     fmt::format("no server of its gateways has port {}, so this match never "
                                 "holds",
                                 match.port->value),
                     "port is compared with the number in the Gateway, not with a target port",
                     fmt::format("write port: {}", *ports.begin()));
    }
    for (const Text& field : match.ignored) {
        findings.add(Level::warning, code::kIgnoredMatch, field.at,
                     fmt::format("a gateway does not look at {}", field.value),
                     "only sniHosts, port and gateways count there", "remove it");
    }
}

void add_ports(const ServedGateway& gateway, std::set<std::int64_t>& ports) {
    for (const ServedServer& server : gateway.servers) {
        ports.insert(server.server->port.value);
    }
}

/// One that is for the mesh as well has sidecars that look at all of it.
void check_match_of_gateways(const TlsMatch& match, const VirtualService& service,
                             const ServedGateways& served, Findings& findings) {
    std::set<std::int64_t> ports;
    bool gateways_only = true;
    for (const Text& name : match.gateways) {
        const ServedGateway* gateway = served.find(gateway_path(name.value, service.meta.ns.value));
        gateways_only = gateways_only && name.value != "mesh" && gateway;
        if (gateway) add_ports(*gateway, ports);
    }
    if (gateways_only) check_match(match, ports, findings);
}

}  // namespace

void check_mesh_only(const VirtualService& service, const std::vector<ServedGateway>& gateways,
                     Findings& findings) {
    const bool meant = std::ranges::any_of(gateways, [&](const ServedGateway& gateway) {
        return std::ranges::any_of(gateway.servers, [&](const ServedServer& server) {
            return server.passthrough && server.hosts.overlaps_any(service);
        });
    });
    if (service.tls.empty() || !meant) return;
    const Spot at = service.gateways.empty() ? service.meta.name.at : service.gateways.front().at;
    findings.add(Level::warning, code::kMeshOnly, at,
                 fmt::format("VirtualService {} is for the mesh only", quote(service.meta.path())),
                 "without gateways its rules hold for sidecars, and no ingress gateway sees "
                 "them",
                 "name the Gateway under spec.gateways");
}

namespace {

std::string without_case_and_dot(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return to_lower_ascii(host);
}

/// How the VirtualService comes to have a host of the Gateway's, which are `known` as they are
/// written.
std::string host_hint(const std::string& host, const std::vector<std::string>& known,
                      const Gateway& gateway) {
    std::vector<std::string> names;
    for (const std::string& text : known) {
        ServerHost own = server_host(text, gateway.meta.ns.value);
        if (own.host == host && !own.ns.empty()) {
            return fmt::format("of {} the Gateway takes the VirtualServices of namespace {} alone",
                               text, own.ns);
        }
        // One that nobody mistyped is no suggestion: Istio compares letter by letter.
        if (without_case_and_dot(own.host) == without_case_and_dot(host)) {
            return fmt::format("Istio compares letter by letter: write {} at both ends",
                               without_case_and_dot(host));
        }
        names.push_back(std::move(own.host));
    }
    const bool affordable = names.size() <= 100 && host.size() <= 128;
    const auto near = affordable ? nearest(host, names, 4) : std::nullopt;
    return near ? fmt::format("did you mean {}?", *near) : "make one of the hosts equal";
}

}  // namespace

void check_host(const VirtualService& service, const ServedGateway& gateway, Findings& findings) {
    if (service.meta.flawed || gateway.gateway->meta.flawed || service.hosts.empty()) return;
    if (gateway.hosts.overlaps_any(service)) return;
    std::vector<std::string> known;
    for (const ServedServer& server : gateway.servers) {
        for (const Text& host : server.server->hosts) {
            known.push_back(host.value);
        }
    }
    const Text& host = service.hosts.front();
    std::string hint = host_hint(host.value, known, *gateway.gateway);
    constexpr std::size_t kShown = 5;
    if (known.size() > kShown) known.resize(kShown);
    findings.add(Level::warning, code::kHostNotInGateway, host.at,
                 fmt::format("no host of VirtualService {} is among those of Gateway {}",
                             quote(service.meta.path()), quote(gateway.gateway->meta.path())),
                 fmt::format("the Gateway accepts {}", fmt::join(known, ", ")), std::move(hint));
}

void check_rules(const VirtualService& service, const std::set<std::string>& named,
                 const ServedGateways& served, Findings& findings) {
    std::set<std::int64_t> ports;
    bool passthrough = false;
    bool other = false;
    for (const std::string& path : named) {
        const ServedGateway* gateway = served.find(path);
        if (!gateway) continue;
        if (gateway->gateway->meta.flawed) return;
        add_ports(*gateway, ports);
        for (const ServedServer& server : gateway->servers) {
            if (!server.hosts.overlaps_any(service)) continue;
            (server.passthrough ? passthrough : other) = true;
        }
    }
    check_kinds(service, passthrough, other, findings);
    const bool in_mesh = service.is_for_mesh();
    for (const TlsRoute& rule : service.tls) {
        for (const TlsMatch& match : rule.matches) {
            if (!match.gateways.empty()) {
                check_match_of_gateways(match, service, served, findings);
            } else if (!in_mesh) {
                check_match(match, ports, findings);
            }
        }
    }
}

}  // namespace sni::routing
