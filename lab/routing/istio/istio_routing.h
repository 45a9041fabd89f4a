// Istio's own Gateways and VirtualServices to filter chains, as istiod does it for the pods of one
// gateway (pilot/pkg/model/gateway.go, pilot/pkg/networking/core/gateway.go). Private to
// routing.cpp.
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
#include "lab/routing/listeners/merge_servers.h"
#include "lab/routing/listeners/state.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

std::uint16_t port_of(const Server& server);
/// Its `bind`; empty where it is every address.
std::string bind_address(const Server& server);
Rule gateway_rule(const Gateway& gateway, const Server& server);

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

/// One tls match of a VirtualService that a PASSTHROUGH server took over. It accepts
/// match->sni_hosts on `port`, just as they are written. Points into the manifest.
struct Chain {
    std::uint16_t port = 0;  ///< as written in the Gateway
    const Gateway* gateway = nullptr;
    const VirtualService* service = nullptr;
    const TlsRoute* rule = nullptr;
    const TlsMatch* match = nullptr;
};

struct ServerPlan {
    const Server* server = nullptr;
    ServedHosts hosts;
    bool passthrough = false;
    std::uint16_t listens_at = 0;  // port of the pod
    std::string merged_as = {};    // Merged::protocol
};

/// A server among all those of the same pods.
struct ServerAt {
    std::size_t plan = 0;
    std::size_t server = 0;
};

/// One Gateway that the pods serve, with the VirtualServices that name it, as Istio asks them.
struct GatewayPlan {
    const Gateway* gateway = nullptr;
    std::vector<ServerPlan> servers;
    ServedHosts hosts;  // of all servers
    std::vector<const VirtualService*> bound;
};

/// The Gateways of one group of pods.
class IstioRouting {
  public:
    IstioRouting(RoutingState& state, const GatewayPods& pods)
        : state_(state),
          manifest_(state.manifest),
          services_(state.views.of(pods.ns)),
          findings_(state.findings),
          routing_(state.routing),
          pods_(pods),
          envoy_{.proxy = proxy_of(pods), .gateways = {}, .listeners = {}} {}
    void run();

  private:
    // istio_gateways.cpp: which servers there are.
    static std::string proxy_of(const GatewayPods& pods);
    void plan(const Gateway& gateway);
    bool is_served(const Gateway& gateway);
    /// Says why `port` stays closed, unless something opens it.
    void note_closed(std::uint16_t port, std::string why);
    void report_no_pods(const Gateway& gateway, const Labels& labels);
    void report_unsupported(const Server& server);
    /// Lets the lab's terminator run the chain; false when it cannot, and somebody has said so.
    bool run_terminator(const GatewayPlan& plan, const ServerPlan& server, FilterChain& chain);

    // istio_merge.cpp: which of them get their port, and where it is.
    using Ports = std::map<std::uint16_t, std::uint16_t>;  // of a Service, with the pod's
    /// Of the Services that the files have before the pods.
    void read_ports();
    /// The same number where no Service has it.
    static std::uint16_t at_pod(const Ports& ports, std::uint16_t port);
    /// Skips those that lose, and says so. The others, as their chains are built.
    std::vector<ServerAt> merge();
    MergeServer merge_server(const ServerAt& at) const;
    void report_merged(const ServerAt& at, const Merged& merged, const ServerAt& other);
    void report_joins(const ServerAt& at, const ServerAt& other);
    void report_lost_port(const ServerAt& at, const ServerAt& other);
    void report_lost_host(const ServerAt& at, const std::string& host, const ServerAt& other);
    /// Files every chain under the ports by which clients come to it: where two of a Service lead
    /// to one of the pod, they meet.
    void share_ports();

    // istio_bindings.cpp: which VirtualServices they meet.
    void bind(const VirtualService& service);
    void report_mesh_only(const VirtualService& service);
    bool is_exported(const VirtualService& service);
    bool is_api_gateway(const std::string& path) const;
    /// Those that name the pods' own namespace come before all others, whatever their age.
    int export_rank(const VirtualService& service) const;
    std::set<std::string> check_names(const VirtualService& service);
    void report_made_gateway(const Text& name);
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
    /// One name taken already, and the whole match is skipped; its other names stay free.
    bool take_names(const Chain& chain, const ServerPlan& server);
    void add_chain(const Chain& chain, const std::string& bind);
    void check_subset(Target& target, const std::string& subset) const;
    void add_lost(Lost lost);
    void add_terminating(const GatewayPlan& plan, const ServerPlan& server);
    FilterChain own_chain(const GatewayPlan& plan, const ServerPlan& server) const;
    /// Weights as Envoy takes them.
    std::vector<Target> targets_of(const VirtualService& service,
                                   const std::vector<Destination>& destinations,
                                   std::uint16_t port) const;
    using Tcp = std::pair<const VirtualService*, const TcpRule*>;
    /// The first tcp rule that fits a server.
    static std::optional<Tcp> tcp_rule_of(const GatewayPlan& plan, const ServerPlan& planned);
    /// A TCP server: whatever comes goes to the first tcp rule that fits.
    void add_tcp(const GatewayPlan& plan, const ServerPlan& server);
    /// AUTO_PASSTHROUGH: the names by which other networks call the mesh's Services.
    void add_mesh_names(const GatewayPlan& plan, const ServerPlan& server);
    void report_duplicate(const Chain& chain, const Text& sni, const Chain& owner);
    void report_wider(const Chain& chain, const GatewayPlan& plan);
    void report_no_route(const GatewayPlan& plan, const ServerPlan& server);
    std::string why_no_route(const GatewayPlan& plan, const ServerPlan& server) const;
    RoutingState& state_;
    const Manifest& manifest_;
    const Services& services_;  // as these pods see them
    Findings& findings_;
    Routing& routing_;
    const GatewayPods& pods_;
    Envoy envoy_;
    std::vector<GatewayPlan> plans_;
    std::unordered_map<std::string, std::size_t> index_;
    std::set<std::string> unserved_;
    std::map<std::uint16_t, TakenNames<Chain>> names_;  // by port of the pod
    /// Port of the pod, protocol, bind: has a chain.
    std::set<std::tuple<std::uint16_t, std::string, std::string>> plain_;
    Ports client_ports_;  // where clients come to the pod
    Ports server_ports_;  // where Istio opens a server: one of several that lead to one port
    std::size_t first_chain_ = 0;  // of state_.chains, that is ours
    std::map<std::pair<const TlsRoute*, std::uint16_t>, std::vector<Target>> targets_;
    std::set<const TlsMatch*> reported_;
    std::vector<const VirtualService*> flawed_;
    std::size_t suggestions_left_ = 50;
};

}  // namespace sni::routing
