// How gateway_api.h does it. Private to the gateway_api….cpp files.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/routing/gateway_api.h"
#include "lab/routing/words.h"

namespace sni::routing {

inline constexpr std::string_view kApiGroup = "gateway.networking.k8s.io";

/// How far a route came with one listener; the furthest is what its status tells.
enum class Step { section, hostname, allowed, attached };

std::string_view reason_of(Step step);

struct ListenerPlan {
    const api::Listener* listener = nullptr;
    std::string conflict;                   // the condition's reason; empty: none
    const api::Listener* winner = nullptr;  // of the conflict
    std::string unaccepted;                 // the same
    std::string unresolved;                 // the same
    bool uncertified = false;               // these files show that it has no certificate
    std::set<const api::TlsRoute*> attached;
    std::set<const api::OtherRoute*> others;  // attached as well; where they lead is not looked at
    bool serves() const { return conflict.empty() && unaccepted.empty(); }
};

/// One Gateway of ours.
struct ApiPlan {
    const api::Gateway* gateway = nullptr;
    std::vector<ListenerPlan> listeners;
};

class GatewayApi {
  public:
    explicit GatewayApi(RoutingState& state);

    void run();

  private:
    // Gateways and their listeners.

    bool is_ours(const api::Gateway& gateway) const;
    void plan(const api::Gateway& gateway);
    void close(const api::Listener& listener, std::string why);
    /// pilot/pkg/config/kube/gateway/conditions.go, generateSupportedKinds.
    static std::vector<std::string_view> kinds_of(const api::Listener& listener);
    void check_references(const api::Gateway& gateway, ListenerPlan& planned) const;
    void check_certificate(const api::Gateway& gateway, const api::Reference& to,
                           ListenerPlan& planned) const;
    /// Of listeners that are in each other's way the first keeps its port, as in Istio
    /// (pilot/pkg/config/kube/gateway); the specification lets all of them lose. A name twice under
    /// one protocol is refused by the reader.
    static void find_conflicts(ApiPlan& plan);

    // Routes.

    /// Whether routes of this kind and namespace may come to the listener.
    bool allows(const api::Gateway& gateway, const api::Listener& listener, std::string_view kind,
                const std::string& route_namespace) const;
    static std::vector<Text> names_at(const api::Listener& listener, const api::TlsRoute& route);
    /// How far a route came with one listener, by the parent that it names; nothing: the parent
    /// means another listener.
    template <class Route>
    std::optional<Step> step_of(const api::Gateway& gateway, const ListenerPlan& planned,
                                const Route& route, const api::ParentRef& parent,
                                std::string_view kind) const;
    /// attachedRoutes counts routes of every kind.
    void count_other_routes();
    void attach(const api::TlsRoute& route, const api::ParentRef& parent,
                std::vector<Condition>& conditions);

    // Backends.

    bool is_granted(std::string_view group, std::string_view kind, const std::string& from,
                    const api::Reference& to) const;
    /// The condition's reason; empty when the reference leads to a Service's port.
    std::string problem_of(const api::TlsRoute& route, const api::BackendRef& backend) const;
    std::string unresolved_reason(const api::TlsRoute& route) const;
    Target target_of(const api::TlsRoute& route, const api::BackendRef& backend) const;

    // Chains.

    void build(const ApiPlan& plan);
    /// The routes of one listener, those of the Gateway's own namespace first, then by age.
    std::vector<const api::TlsRoute*> routes_of(const ApiPlan& plan, const ListenerPlan& planned);
    std::vector<Target> targets_of(const api::TlsRoute& route) const;
    FilterChain own_chain(const ApiPlan& plan, const ListenerPlan& planned) const;
    static Rule rule_of(const api::TlsRoute& route);
    /// False when it makes no filter chain: none of its backends has a weight. All its names at a
    /// listener are one match, which is skipped whole where one of them is taken.
    bool add_route(const ApiPlan& plan, const ListenerPlan& planned, const api::TlsRoute& route,
                   std::map<std::uint16_t, std::map<std::string, Rule>>& taken);
    void add_terminating(const ApiPlan& plan, const ListenerPlan& planned);

    // Status.

    void tell_status(const ApiPlan& plan);

    // What people are told.

    void report_listener(const ListenerPlan& planned);
    void report_terminating(const ListenerPlan& planned);
    void report_no_gateway(const api::TlsRoute& route, const api::ParentRef& parent);
    void report_not_attached(const api::TlsRoute& route, const api::ParentRef& parent, Step step);
    void report_unresolved(const api::TlsRoute& route);
    void report_taken(const api::TlsRoute& route, const std::vector<Text>& names, const Text& taken,
                      std::uint16_t port, const Rule& owner);
    void report_no_route(const ApiPlan& plan, const ListenerPlan& planned);

    RoutingState& state_;
    const Manifest& manifest_;
    Envoy envoy_;  // of the Gateway that is being built
    std::unordered_map<std::string, const Namespace*> namespaces_;
    std::vector<ApiPlan> plans_;
    std::unordered_map<std::string, std::size_t> plan_at_;  // by "ns/name"
    std::set<std::string> foreign_;
    std::set<Spot> told_;
};

}  // namespace sni::routing
