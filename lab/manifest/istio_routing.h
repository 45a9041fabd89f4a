// Istio's own Gateways and VirtualServices to filter chains, as istiod does it for one ingress
// gateway (pilot/pkg/networking/core/gateway.go). Private to routing.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "lab/manifest/hosts.h"
#include "lab/manifest/routing.h"

namespace sni::manifest {

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

std::uint16_t port_of(const Server& server);
/// An HTTP server may have a tls block too, for httpsRedirect.
bool speaks_tls(const Server& server);

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

/// What routing is made from and where it goes.
struct Workshop {
    const Manifest& manifest;
    const Setting& setting;
    const Services& services;
    Findings& findings;
    std::vector<FilterChain>& chains;  ///< in the order in which Envoy gets them
    Routing& routing;
    Level unknown = Level::error;  // for what may be in other files
};

/// The one Envoy that all of Istio's own Gateways share.
inline constexpr std::string_view kIngress = "istio";

class IstioRouting {
  public:
    explicit IstioRouting(Workshop& shop)
        : shop_(shop), manifest_(shop.manifest), findings_(shop.findings), routing_(shop.routing) {}
    void run();

  private:
    // istio_gateways.cpp: which servers there are.
    void plan(const Gateway& gateway);
    bool is_served(const Gateway& gateway);
    /// Says why `port` stays closed, unless something opens it.
    void note_closed(std::uint16_t port, std::string why);
    void report_no_pods(const Gateway& gateway, const Labels& labels);
    void report_unsupported(const Server& server);
    /// Lets the lab's terminator run the chain; false when it cannot, and somebody has said so.
    bool run_terminator(const GatewayPlan& plan, const ServerPlan& server, FilterChain& chain);
    /// Servers on one port share a listener: TLS with TLS, but not with anything else, and no host
    /// string twice. The older one wins, the other is skipped whole.
    bool loses_port(const Gateway& gateway, const Server& server);

    // istio_bindings.cpp: which VirtualServices they meet.
    void bind(const VirtualService& service);
    void report_mesh_only(const VirtualService& service);
    bool is_exported(const VirtualService& service);
    bool is_api_gateway(const std::string& path) const;
    void report_no_gateway(const VirtualService& service, const Text& name,
                           const std::string& path);
    std::optional<std::string> nearest_path(const std::string& path);
    void check_host(const VirtualService& service, const GatewayPlan& plan);
    /// What depends on the servers that the VirtualService meets.
    void check_rules(const VirtualService& service, const std::set<std::string>& gateways);
    void check_kinds(const VirtualService& service, bool passthrough, bool other);
    void check_match(const TlsMatch& match, const std::set<std::int64_t>& ports);

    // istio_chains.cpp: what becomes of their rules.
    void build_chains(const GatewayPlan& plan, const ServerPlan& server);
    static bool matches(const Chain& chain);
    /// One name taken already, and the whole match is skipped; its other names stay free.
    bool take_names(const Chain& chain);
    void add_chain(const Chain& chain);
    void add_terminating(const GatewayPlan& plan, const ServerPlan& server);
    void report_duplicate(const Chain& chain, const Text& sni, const Chain& owner);
    void report_wider(const Chain& chain, const GatewayPlan& plan);
    void report_no_route(const GatewayPlan& plan, const ServerPlan& server);
    std::string why_no_route(const GatewayPlan& plan, const ServerPlan& server) const;

    struct Shared {
        bool tls = false;
        const Gateway* owner = nullptr;
        std::unordered_map<std::string, const Gateway*> hosts;
    };

    Workshop& shop_;
    const Manifest& manifest_;
    Findings& findings_;
    Routing& routing_;
    std::vector<GatewayPlan> plans_;
    std::unordered_map<std::string, std::size_t> index_;
    std::set<std::string> unserved_;
    std::unordered_map<std::uint16_t, Shared> listeners_;
    std::unordered_map<std::uint16_t, std::unordered_map<std::string, Chain>> names_;
    std::map<std::pair<const TlsRoute*, std::uint16_t>, std::vector<Target>> targets_;
    std::set<const TlsMatch*> reported_;
    std::vector<const VirtualService*> flawed_;
    std::size_t suggestions_left_ = 50;
};

}  // namespace sni::manifest
