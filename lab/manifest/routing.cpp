#include "lab/manifest/routing.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/dns_name.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"

namespace sni::manifest {

namespace {

/// The pods every Istio installation has and no tutorial's files hold.
constexpr std::string_view kGatewayNamespace = "istio-system";
const Labels& gateway_labels() {
    static const Labels kLabels = {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}};
    return kLabels;
}

bool selects(const Labels& selector, const Labels& labels) {
    return std::ranges::all_of(selector, [&](const auto& wanted) {
        const auto found = labels.find(wanted.first);
        return found != labels.end() && found->second == wanted.second;
    });
}

/// Older first, then by name, then by namespace; what has no time was made just now.
template <class Object>
std::vector<const Object*> by_age(const std::vector<Object>& objects) {
    std::vector<const Object*> sorted;
    sorted.reserve(objects.size());
    for (const Object& object : objects) {
        sorted.push_back(&object);
    }
    std::ranges::stable_sort(sorted, {}, [](const Object* o) {
        return std::tuple(o->meta.created.empty(), std::string_view(o->meta.created),
                          std::string_view(o->meta.name.value), std::string_view(o->meta.ns.value));
    });
    return sorted;
}

/// "name" and "./name" are in the VirtualService's own namespace.
std::string gateway_path(std::string_view text, std::string_view own_namespace) {
    constexpr std::string_view kSuffix = ".svc.cluster.local";
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view ns = text.substr(0, slash);
        return fmt::format("{}/{}", ns == "." ? own_namespace : ns, text.substr(slash + 1));
    }
    if (text.ends_with(kSuffix)) {  // legacy: name.namespace.svc.cluster.local
        const std::string_view path = text.substr(0, text.size() - kSuffix.size());
        if (const std::size_t dot = path.find('.'); dot != std::string_view::npos) {
            return fmt::format("{}/{}", path.substr(dot + 1), path.substr(0, dot));
        }
    }
    return fmt::format("{}/{}", own_namespace, text);
}

/// The hosts of one or more servers; some are only for VirtualServices of one namespace.
class ServedHosts {
  public:
    void add(const ServerHost& host) { by_namespace_[host.ns].add(host.host); }
    bool overlaps(const Text& host, const std::string& ns) const {
        return any(ns, [&](const HostSet& set) { return set.overlaps(host.value); });
    }
    bool overlaps_any(const VirtualService& service) const {
        return std::ranges::any_of(
            service.hosts, [&](const Text& host) { return overlaps(host, service.meta.ns.value); });
    }
    bool covers(const Text& host, const std::string& ns) const {
        return any(ns, [&](const HostSet& set) { return set.covers(host.value); });
    }

  private:
    template <class Test>
    bool any(const std::string& ns, Test test) const {
        const auto everyone = by_namespace_.find(std::string());
        if (everyone != by_namespace_.end() && test(everyone->second)) return true;
        const auto own = ns.empty() ? by_namespace_.end() : by_namespace_.find(ns);
        return own != by_namespace_.end() && test(own->second);
    }
    std::map<std::string, HostSet> by_namespace_;
};

struct ServerPlan {
    const Server* server = nullptr;
    ServedHosts hosts;
    bool passthrough = false;
    bool skipped = false;  // lost against another server on its port
};

/// One Gateway that the ingress pods serve, with the VirtualServices that name it, old ones first.
struct GatewayPlan {
    const Gateway* gateway = nullptr;
    std::vector<ServerPlan> servers;
    ServedHosts hosts;  // of all servers
    std::vector<const VirtualService*> bound;
};

std::uint16_t port_of(const Server& server) {
    return static_cast<std::uint16_t>(server.port.value);
}

/// An HTTP server may have a tls block too, for httpsRedirect.
bool speaks_tls(const Server& server) {
    return server.tls && (server.protocol.value == "TLS" || server.protocol.value == "HTTPS");
}

class Router {
  public:
    Router(const Manifest& manifest, Findings& findings)
        : manifest_(manifest), findings_(findings) {}

    Routing run() {
        for (const Gateway* gateway : by_age(manifest_.gateways)) {
            plan(*gateway);
        }
        for (const VirtualService* service : by_age(manifest_.virtual_services)) {
            bind(*service);
        }
        for (GatewayPlan& gateway : plans_) {
            for (ServerPlan& server : gateway.servers) {
                if (server.passthrough && !server.skipped) build_chains(gateway, server);
            }
        }
        check_envoy();
        std::ranges::stable_sort(routing_.chains, {}, [](const Chain& c) {
            return c.match->sni_hosts.empty() ? c.rule->at : c.match->sni_hosts.front().at;
        });
        std::ranges::sort(routing_.ports);
        const auto repeats = std::ranges::unique(routing_.ports);
        routing_.ports.erase(repeats.begin(), repeats.end());
        return std::move(routing_);
    }

  private:
    // Gateways.

    void plan(const Gateway& gateway) {
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
            if (!planned.passthrough && !gateway.meta.flawed) report_unsupported(server);
            planned.skipped = loses_port(gateway, server);
            if (planned.passthrough) routing_.ports.push_back(port_of(server));
            plan.servers.push_back(std::move(planned));
        }
        index_.emplace(gateway.meta.path(), plans_.size());
        plans_.push_back(std::move(plan));
    }

    bool is_served(const Gateway& gateway) {
        if (selects(gateway.selector.value, gateway_labels())) return true;
        const bool own_pod =
            std::ranges::any_of(manifest_.deployments, [&](const Deployment& deployment) {
                return selects(gateway.selector.value, deployment.pod.labels.value);
            });
        if (own_pod) return true;
        unserved_.insert(gateway.meta.path());
        if (!gateway.meta.flawed) {
            findings_.error(code::kNotFound, gateway.selector.at,
                            fmt::format("no gateway pod has the labels that Gateway {} selects",
                                        quote(gateway.meta.path())),
                            "Istio's own ingress gateway has app=istio-ingressgateway and "
                            "istio=ingressgateway",
                            "write selector: {istio: ingressgateway}");
        }
        return false;
    }

    void report_unsupported(const Server& server) {
        if (!speaks_tls(server)) {
            findings_.error(code::kUnsupported, server.protocol.at,
                            fmt::format("a server with protocol {} is not run by the lab",
                                        server.protocol.value),
                            {}, "the lab runs protocol: TLS with tls: {mode: PASSTHROUGH}");
        } else {
            findings_.error(code::kUnsupported, server.tls_at,
                            "the lab runs no TLS mode but PASSTHROUGH",
                            "with any other mode the gateway itself ends or adds TLS",
                            "write mode: PASSTHROUGH");
        }
    }

    /// Servers on one port share a listener: TLS with TLS, but not with anything else, and no host
    /// string twice. The older one wins, the other is skipped whole.
    bool loses_port(const Gateway& gateway, const Server& server) {
        const auto [first, fresh] = listeners_.try_emplace(port_of(server));
        Listener& listener = first->second;
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
        for (const Text& text : server.hosts) {
            const std::string host = server_host(text.value, gateway.meta.ns.value).text();
            const auto owner = listener.hosts.find(host);
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
            listener.hosts.emplace(server_host(text.value, gateway.meta.ns.value).text(), &gateway);
        }
        return false;
    }

    // VirtualServices.

    void bind(const VirtualService& service) {
        if (service.meta.flawed) flawed_.push_back(&service);
        const bool mesh_only = std::ranges::all_of(
            service.gateways, [](const Text& name) { return name.value == "mesh"; });
        if (mesh_only) {
            if (!service.meta.flawed) report_mesh_only(service);
            return;
        }
        if (!is_exported(service)) return;
        std::set<std::string> taken;
        for (const Text& name : service.gateways) {
            if (name.value == "mesh") continue;
            const std::string path = gateway_path(name.value, service.meta.ns.value);
            if (!taken.insert(path).second) continue;
            const auto found = index_.find(path);
            if (found != index_.end()) {
                plans_[found->second].bound.push_back(&service);
                check_host(service, plans_[found->second]);
            } else if (!unserved_.contains(path)) {
                report_no_gateway(service, name, path);
            }
        }
        if (!service.meta.flawed) check_rules(service, taken);
    }

    void report_mesh_only(const VirtualService& service) {
        const Spot at =
            service.gateways.empty() ? service.meta.name.at : service.gateways.front().at;
        findings_.add(
            Level::warning, code::kMeshOnly, at,
            fmt::format("VirtualService {} is for the mesh only", quote(service.meta.path())),
            "without gateways its rules hold for sidecars, and no ingress gateway sees "
            "them",
            "name the Gateway under spec.gateways");
    }

    bool is_exported(const VirtualService& service) {
        const auto reaches = [&](const Text& target) {
            const std::string& ns = target.value == "." ? service.meta.ns.value : target.value;
            return ns == "*" || ns == kGatewayNamespace;
        };
        if (service.export_to.empty() || std::ranges::any_of(service.export_to, reaches)) {
            return true;
        }
        findings_.add(Level::warning, code::kNotExported, service.export_to.front().at,
                      fmt::format("VirtualService {} is not exported to the gateway",
                                  quote(service.meta.path())),
                      fmt::format("the gateway's pods are in namespace {}, and see only what is "
                                  "exported there",
                                  kGatewayNamespace),
                      "remove exportTo, or add \"*\"");
        return false;
    }

    void report_no_gateway(const VirtualService& service, const Text& name,
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
                hint = fmt::format("did you mean {}?",
                                   same ? near->substr(near->find('/') + 1) : *near);
            }
        }
        findings_.error(code::kNotFound, name.at,
                        fmt::format("there is no Gateway {}", quote(path)), {}, std::move(hint));
    }

    std::optional<std::string> nearest_path(const std::string& path) {
        constexpr std::size_t kMost = 1'000;
        if (path.size() > 128 || suggestions_left_ == 0) return std::nullopt;
        --suggestions_left_;
        std::vector<std::string> known;
        for (const Gateway& gateway : manifest_.gateways) {
            if (known.size() < kMost) known.push_back(gateway.meta.path());
        }
        return nearest(path, known);
    }

    void check_host(const VirtualService& service, const GatewayPlan& plan) {
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
                      fmt::format("the Gateway accepts {}", fmt::join(known, ", ")),
                      std::move(hint));
    }

    /// What depends on the servers that the VirtualService meets.
    void check_rules(const VirtualService& service, const std::set<std::string>& gateways) {
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
        for (const TlsRoute& rule : service.tls) {
            for (const TlsMatch& match : rule.matches) {
                check_match(match, ports);
            }
        }
    }

    void check_kinds(const VirtualService& service, bool passthrough, bool other) {
        if (passthrough && !other && (service.http || service.tcp)) {
            findings_.add(service.tls.empty() ? Level::error : Level::warning, code::kRouteKind,
                          service.http ? *service.http : *service.tcp,
                          fmt::format("{} rules have no effect under PASSTHROUGH",
                                      service.http ? "http" : "tcp"),
                          "the gateway sees nothing but the ClientHello",
                          "write tls rules with sniHosts");
        }
        if (other && !passthrough && !service.tls.empty()) {
            findings_.add(Level::warning, code::kRouteKind, service.tls.front().at,
                          "tls rules have effect under PASSTHROUGH only",
                          "the server that they meet has another mode");
        }
    }

    void check_match(const TlsMatch& match, const std::set<std::int64_t>& ports) {
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

    // Chains.

    void build_chains(const GatewayPlan& plan, const ServerPlan& server) {
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
                    if (!matches(chain)) continue;
                    any = true;
                    if (take_names(chain)) {
                        routing_.chains.push_back(chain);
                        report_wider(chain, plan);
                    }
                }
            }
        }
        if (!any) report_no_route(plan, server);
    }

    static bool matches(const Chain& chain) {
        const TlsMatch& match = *chain.match;
        if (match.port && match.port->value != chain.port) return false;
        if (match.gateways.empty()) return true;
        const std::string own = chain.gateway->meta.path();
        return std::ranges::any_of(match.gateways, [&](const Text& name) {
            return gateway_path(name.value, chain.service->meta.ns.value) == own;
        });
    }

    /// One name taken already, and the whole match is skipped; its other names stay free.
    bool take_names(const Chain& chain) {
        auto& owners = names_[chain.port];
        for (const Text& sni : chain.match->sni_hosts) {
            const auto owner = owners.find(sni.value);
            if (owner == owners.end()) continue;
            // A Gateway with two servers on a port meets the same match twice.
            if (owner->second.match != chain.match) report_duplicate(chain, sni, owner->second);
            return false;
        }
        for (const Text& sni : chain.match->sni_hosts) {
            owners.emplace(sni.value, chain);
        }
        return true;
    }

    void report_duplicate(const Chain& chain, const Text& sni, const Chain& owner) {
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

    void report_wider(const Chain& chain, const GatewayPlan& plan) {
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

    void report_no_route(const GatewayPlan& plan, const ServerPlan& server) {
        const bool excused =
            plan.gateway->meta.flawed || std::ranges::any_of(flawed_, [&](const auto* service) {
                return service->gateways.empty() ||
                       std::ranges::any_of(service->gateways, [&](const Text& name) {
                           return gateway_path(name.value, service->meta.ns.value) ==
                                  plan.gateway->meta.path();
                       });
            });
        if (excused) return;
        findings_.error(
            code::kNoRoute, server.server->port.at,
            fmt::format("no VirtualService has a tls rule for port {} of Gateway {}",
                        server.server->port.value, quote(plan.gateway->meta.path())),
            why_no_route(plan, server) + "Istio opens no listener then, and clients are refused",
            plan.bound.empty()
                ? "add a VirtualService with this Gateway, a host of it and tls rules"
                : "");
    }

    std::string why_no_route(const GatewayPlan& plan, const ServerPlan& server) const {
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

    // What Envoy does with the chains.

    void check_envoy() {
        std::map<std::pair<std::uint16_t, std::string>, const TlsMatch*> lower;
        for (const Chain& chain : routing_.chains) {
            if (chain.service->meta.flawed) continue;
            for (const Text& sni : chain.match->sni_hosts) {
                if (is_partial_wildcard(sni.value)) {
                    findings_.error(
                        code::kPartialWildcard, sni.at,
                        fmt::format("Envoy knows no wildcard like {}", quote(sni.value)),
                        "Istio lets it pass, and Envoy then refuses the whole listener",
                        "write a whole first label, as in \"*.example.com\"");
                }
                const auto [owner, fresh] =
                    lower.emplace(std::pair(chain.port, to_lower_ascii(sni.value)), chain.match);
                if (fresh || owner->second == chain.match) continue;
                findings_.error(code::kDuplicateSni, sni.at,
                                fmt::format("the name {} has a rule on port {} already, in other "
                                            "letter case",
                                            quote(sni.value), chain.port),
                                "Istio tells the two apart, Envoy does not and refuses the whole "
                                "listener",
                                "write names in lower case, each in one match only");
            }
        }
    }

    struct Listener {
        bool tls = false;
        const Gateway* owner = nullptr;
        std::unordered_map<std::string, const Gateway*> hosts;
    };

    const Manifest& manifest_;
    Findings& findings_;
    Routing routing_;
    std::vector<GatewayPlan> plans_;
    std::unordered_map<std::string, std::size_t> index_;
    std::set<std::string> unserved_;
    std::unordered_map<std::uint16_t, Listener> listeners_;
    std::unordered_map<std::uint16_t, std::unordered_map<std::string, Chain>> names_;
    std::set<const TlsMatch*> reported_;
    std::vector<const VirtualService*> flawed_;
    std::size_t suggestions_left_ = 50;
};

}  // namespace

Routing route(const Manifest& manifest, Findings& findings) {
    return Router(manifest, findings).run();
}

}  // namespace sni::manifest
