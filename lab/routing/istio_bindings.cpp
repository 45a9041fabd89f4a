#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/lookup/exported.h"
#include "lab/manifest/codes.h"
#include "lab/routing/istio_routing.h"

namespace sni::routing {

std::string gateway_path(std::string_view text, std::string_view own_namespace) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view ns = text.substr(0, slash);
        return fmt::format("{}/{}", ns == "." ? own_namespace : ns, text.substr(slash + 1));
    }
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
        const std::string_view rest = text.substr(dot + 1);
        return fmt::format("{}/{}", rest.substr(0, rest.find('.')), text.substr(0, dot));
    }
    return fmt::format("{}/{}", own_namespace, text);
}

void IstioRouting::bind(const VirtualService& service) {
    if (service.meta.flawed) flawed_.push_back(&service);
    const bool mesh_only = std::ranges::all_of(
        service.gateways, [](const Text& name) { return name.value == "mesh"; });
    if (mesh_only) {
        if (!service.meta.flawed) report_mesh_only(service);
        return;
    }
    const bool here = std::ranges::any_of(service.gateways, [&](const Text& name) {
        return !unserved_.contains(gateway_path(name.value, service.meta.ns.value));
    });
    if (!here) return;
    if (!is_exported(service)) return;
    std::set<std::string> taken;
    for (const Text& name : service.gateways) {
        if (name.value == "mesh") continue;
        const std::string path = gateway_path(name.value, service.meta.ns.value);
        if (name.value.contains('.') && !name.value.contains('/') && !service.meta.flawed) {
            findings_.add(Level::warning, code::kSchemaWarning, name.at,
                          fmt::format("{} is the old way to name a Gateway", quote(name.value)),
                          fmt::format("Istio takes it for {}, whatever follows the second label",
                                      quote(path)),
                          fmt::format("write {}", printable(path)));
        }
        if (!taken.insert(path).second) continue;
        const auto found = index_.find(path);
        if (found != index_.end()) {
            plans_[found->second].bound.push_back(&service);
            check_host(service, plans_[found->second]);
        } else if (!unserved_.contains(path) && !is_api_gateway(path)) {
            report_no_gateway(service, name, path);
        }
    }
    if (!service.meta.flawed) check_rules(service, taken);
}

/// Rules for the mesh are what most VirtualServices have. Only one with tls rules for a name that a
/// gateway passes on was likely meant for that gateway.
void IstioRouting::report_mesh_only(const VirtualService& service) {
    const bool meant = std::ranges::any_of(plans_, [&](const GatewayPlan& plan) {
        return std::ranges::any_of(plan.servers, [&](const ServerPlan& server) {
            return server.passthrough && server.hosts.overlaps_any(service);
        });
    });
    if (service.tls.empty() || !meant) return;
    const Spot at = service.gateways.empty() ? service.meta.name.at : service.gateways.front().at;
    findings_.add(Level::warning, code::kMeshOnly, at,
                  fmt::format("VirtualService {} is for the mesh only", quote(service.meta.path())),
                  "without gateways its rules hold for sidecars, and no ingress gateway sees "
                  "them",
                  "name the Gateway under spec.gateways");
}

int IstioRouting::export_rank(const VirtualService& service) const {
    const auto names = [&](std::string_view target) {
        return std::ranges::find(service.export_to, target, &Text::value) !=
               service.export_to.end();
    };
    if (service.export_to.empty() || names("*")) return 2;
    if (names(".") && service.meta.ns.value == pods_.ns) return 0;
    return names(pods_.ns) ? 1 : 2;
}

bool IstioRouting::is_exported(const VirtualService& service) {
    if (reaches(service.export_to, service.meta.ns.value, pods_.ns)) return true;
    findings_.add(
        Level::warning, code::kNotExported, service.export_to.front().at,
        fmt::format("VirtualService {} is not exported to the gateway", quote(service.meta.path())),
        fmt::format("the gateway's pods are in namespace {}, and see only what is "
                    "exported there",
                    pods_.ns),
        "remove exportTo, or add \"*\"");
    return false;
}

/// Istio takes a VirtualService at a Gateway of the Gateway API, too.
bool IstioRouting::is_api_gateway(const std::string& path) const {
    return std::ranges::any_of(manifest_.api_gateways, [&](const api::Gateway& gateway) {
        return gateway.meta.path() == path;
    });
}

void IstioRouting::report_no_gateway(const VirtualService& service, const Text& name,
                                     const std::string& path) {
    std::string hint;
    const std::size_t slash = path.find('/');
    const std::string_view own = std::string_view(path).substr(slash + 1);
    for (const Gateway& gateway : manifest_.gateways) {
        if (gateway.meta.name.value == own) {
            hint = fmt::format("Gateway {} is in namespace {}: write {}", own,
                               gateway.meta.ns.value, gateway.meta.path());
            break;
        }
    }
    if (hint.empty()) {
        if (const auto near = nearest_path(path)) {
            const bool same = near->starts_with(service.meta.ns.value + "/");
            hint =
                fmt::format("did you mean {}?", same ? near->substr(near->find('/') + 1) : *near);
        }
    }
    // Where the files hold no Gateway that it could be, it may be in others.
    const std::string ns = path.substr(0, slash);
    const bool known = !hint.empty() || std::ranges::any_of(manifest_.gateways, [&](const auto& g) {
        return g.meta.ns.value == ns;
    });
    findings_.add(known ? Level::error : state_.unknown, code::kNotFound, name.at,
                  known ? fmt::format("there is no Gateway {}", quote(path))
                        : fmt::format("Gateway {} is not in these files", quote(path)),
                  {}, std::move(hint));
}

std::optional<std::string> IstioRouting::nearest_path(const std::string& path) {
    constexpr std::size_t kMost = 1'000;
    if (path.size() > 128 || suggestions_left_ == 0) return std::nullopt;
    --suggestions_left_;
    std::vector<std::string> known;
    for (const Gateway& gateway : manifest_.gateways) {
        if (known.size() < kMost) known.push_back(gateway.meta.path());
    }
    return nearest(path, known);
}

void IstioRouting::check_host(const VirtualService& service, const GatewayPlan& plan) {
    if (service.meta.flawed || plan.gateway->meta.flawed || service.hosts.empty()) return;
    if (plan.hosts.overlaps_any(service)) return;
    std::vector<std::string> known;
    for (const ServerPlan& server : plan.servers) {
        for (const Text& host : server.server->hosts) {
            known.push_back(host.value);
        }
    }
    const Text& host = service.hosts.front();
    std::string hint = "make one of the hosts equal";
    const bool affordable = known.size() <= 100 && host.value.size() <= 128;
    if (const auto near = affordable ? nearest(host.value, known, 4) : std::nullopt) {
        hint = fmt::format("did you mean {}?", *near);
    }
    constexpr std::size_t kShown = 5;
    if (known.size() > kShown) known.resize(kShown);
    findings_.add(Level::warning, code::kHostNotInGateway, host.at,
                  fmt::format("no host of VirtualService {} is among those of Gateway {}",
                              quote(service.meta.path()), quote(plan.gateway->meta.path())),
                  fmt::format("the Gateway accepts {}", fmt::join(known, ", ")), std::move(hint));
}

void IstioRouting::check_rules(const VirtualService& service,
                               const std::set<std::string>& gateways) {
    std::set<std::int64_t> ports;
    bool passthrough = false;
    bool other = false;
    for (const std::string& path : gateways) {
        const auto found = index_.find(path);
        if (found == index_.end()) continue;
        if (plans_[found->second].gateway->meta.flawed) return;
        for (const ServerPlan& server : plans_[found->second].servers) {
            ports.insert(server.server->port.value);
            if (!server.hosts.overlaps_any(service)) continue;
            (server.passthrough ? passthrough : other) = true;
        }
    }
    check_kinds(service, passthrough, other);
    const bool in_mesh =
        std::ranges::find(service.gateways, "mesh", &Text::value) != service.gateways.end();
    for (const TlsRoute& rule : service.tls) {
        for (const TlsMatch& match : rule.matches) {
            if (match.gateways.empty()) {
                if (!in_mesh) check_match(match, ports);
                continue;
            }
            // One that is for the mesh as well has sidecars that look at all of it.
            std::set<std::int64_t> own;
            bool gateways_only = true;
            for (const Text& name : match.gateways) {
                const auto found = index_.find(gateway_path(name.value, service.meta.ns.value));
                gateways_only = gateways_only && name.value != "mesh" && found != index_.end();
                if (found == index_.end()) continue;
                for (const ServerPlan& server : plans_[found->second].servers) {
                    own.insert(server.server->port.value);
                }
            }
            if (gateways_only) check_match(match, own);
        }
    }
}

void IstioRouting::check_kinds(const VirtualService& service, bool passthrough, bool other) {
    if (passthrough && !other && (service.http || service.tcp)) {
        findings_.add(
            service.tls.empty() ? Level::error : Level::warning, code::kRouteKind,
            service.http ? *service.http : *service.tcp,
            fmt::format("{} rules have no effect under PASSTHROUGH", service.http ? "http" : "tcp"),
            "the gateway sees nothing but the ClientHello", "write tls rules with sniHosts");
    }
    if (other && !passthrough && !service.tls.empty()) {
        findings_.add(Level::warning, code::kRouteKind, service.tls.front().at,
                      "tls rules have effect under PASSTHROUGH only",
                      "the server that they meet has another mode");
    }
}

void IstioRouting::check_match(const TlsMatch& match, const std::set<std::int64_t>& ports) {
    if (match.port && !ports.empty() && !ports.contains(match.port->value)) {
        findings_.add(Level::warning, code::kPortNeverMatches, match.port->at,
                      fmt::format("no server of its gateways has port {}, so this match never "
                                  "holds",
                                  match.port->value),
                      "port is compared with the number in the Gateway, not with a target port",
                      fmt::format("write port: {}", *ports.begin()));
    }
    for (const Text& field : match.ignored) {
        findings_.add(Level::warning, code::kIgnoredMatch, field.at,
                      fmt::format("a gateway does not look at {}", field.value),
                      "only sniHosts, port and gateways count there", "remove it");
    }
}

}  // namespace sni::routing
