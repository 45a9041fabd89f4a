// How gateway_api.h does it. Private to the gateway_api….cpp files.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/routing/gateway_api/gateway_api.h"
#include "lab/routing/gateway_api/gateway_api_backends.h"
#include "lab/routing/gateway_api/namespace_labels.h"
#include "lab/routing/gateway_api/services_view.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// How far a route came with one listener; the furthest is what its status tells.
enum class Step { section, hostname, allowed, attached };

std::string_view reason_of(Step step);

struct ListenerPlan {
    const api::Listener* listener = nullptr;
    const api::ListenerSet* set = nullptr;  // nullptr: it is the Gateway's own
    const Meta* owner = nullptr;            // of the set, or of the Gateway
    // Reasons of conditions; empty: there is nothing to say.
    std::string conflict;
    std::string unaccepted;
    std::string uncertified;
    std::optional<Culprit> culprit;         // of that
    bool odd_kinds = false;                 // it allows kinds of routes that it cannot have
    bool checks_clients = false;            // who must show a certificate, too
    const api::Listener* winner = nullptr;  // of the conflict, or who has the port
    std::set<const api::Route*> attached;   // TLSRoutes
    std::set<const api::Route*> others;

    bool is_valid() const { return conflict.empty() && unaccepted.empty() && uncertified.empty(); }
    /// These files show that it cannot end TLS.
    bool is_without_certificate() const { return culprit && !culprit->unknown; }
    /// Whether routes find it: one of a ListenerSet must be valid, one of the Gateway need not.
    bool is_parent() const { return conflict.empty() && (!set || is_valid()); }
    const std::string& ns() const { return owner->ns.value; }
    std::string_view kind() const { return set ? std::string_view(set->kind) : "Gateway"; }
    /// As a Gateway's status names it, a set's with the set's namespace and name.
    std::string label() const {
        return set ? owner->path() + "/" + listener->name.value : listener->name.value;
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>(listener->port.value); }
};

/// Whether it refers to a Gateway or a ListenerSet.
bool has_listeners(const api::Reference& to);
/// "ListenerSet ns/name", "Gateway ns/name".
std::string parent_key(std::string_view kind, const std::string& path);

/// One Gateway of ours, its own listeners first, then those of its ListenerSets.
struct ApiPlan {
    const api::Gateway* gateway = nullptr;
    std::vector<ListenerPlan> listeners;
    std::vector<const api::ListenerSet*> sets;  // that it allows
};

class GatewayApi {
  public:
    GatewayApi(const Inputs& inputs, Findings& findings);

    RoutedPart run();

  private:
    // gateway_api.cpp: Gateways, and what ListenerSets add to them.

    bool is_ours(const api::Gateway& gateway) const;
    bool is_remote(const api::Gateway& gateway) const;
    void plan(const api::Gateway& gateway);
    void leave(const api::Gateway& gateway);
    void add_listeners(ApiPlan& plan, const std::vector<api::Listener>& listeners,
                       const Meta& owner, const api::ListenerSet* set) const;
    void add_set(const api::ListenerSet& set);
    void close(const ListenerPlan& planned, std::string why);

    // gateway_api_listeners.cpp: whether they can serve.

    /// pilot/pkg/config/kube/gatewaycommon/conversion.go, GenerateGatewaySupportedKinds.
    std::vector<std::string_view> kinds_of(const api::Listener& listener) const;
    /// Those of them that the listener allows.
    std::vector<std::string> supported_kinds(const api::Listener& listener) const;
    void check_references(const api::Gateway& gateway, ListenerPlan& planned) const;
    void check_certificates(ListenerPlan& planned) const;
    /// Of the condition ResolvedRefs.
    struct Blame {
        std::string reason;  ///< empty: the reference is of use
        Culprit culprit = {};
    };
    Blame certificate_blame(const ListenerPlan& planned, const api::Reference& to) const;

    // gateway_api_tls.cpp: what the Gateway's own spec.tls asks of them.

    void check_clients(const api::Gateway& gateway, ListenerPlan& planned) const;
    Blame authority_blame(const ListenerPlan& planned, const api::ClientCheck& check) const;
    /// None: there is no certificate for backends, or a good one.
    Blame client_certificate_blame(const api::Gateway& gateway) const;

    // gateway_api_listeners.cpp

    /// Of listeners that are in each other's way the first keeps its port, as in Istio
    /// (pilot/pkg/config/kube/gatewaycommon/listener_conflict.go); the specification lets all of
    /// them lose. A name twice under one protocol of one Gateway is refused by the reader.
    static void find_conflicts(ApiPlan& plan);

    // gateway_api_routes.cpp: which routes come to them.

    /// Whether routes of its kind and namespace may come to the listener.
    bool allows(const ListenerPlan& planned, const api::Route& route) const;
    /// Where the hostnames of both meet; a route without any stands at its own name.
    static std::vector<Text> names_at(const api::Listener& listener, const api::Route& route);
    /// How far a route came with one listener, by the parent that it names; nothing: the parent
    /// means another listener.
    std::optional<Step> step_of(const ListenerPlan& planned, const api::Route& route,
                                const api::ParentRef& parent) const;
    /// The Gateway that has the listeners that are meant; nullptr: none of ours.
    ApiPlan* plan_of(const api::Reference& parent);
    /// Whether that is a Gateway or a ListenerSet of these files, and none of ours.
    bool is_foreign(const api::Reference& parent) const;
    /// A route of any kind: attachedRoutes counts them all.
    void attach(const api::Route& route, const api::ParentRef& parent);
    void attach_to_mesh(const api::Route& route, const api::ParentRef& parent);
    void tell_route(const api::Route& route, const api::ParentRef& parent, Step step,
                    const References& references);

    // gateway_api_chains.cpp: what becomes of that.

    using Taken = std::map<std::uint16_t, std::map<std::string, Rule>>;
    void build(ApiPlan& plan);
    /// Istio makes a Gateway of its own of each listener, and merges them all. Those that have
    /// their port, as their chains are built.
    std::vector<const ListenerPlan*> merge(ApiPlan& plan);
    void build_listener(const ApiPlan& plan, const ListenerPlan& planned, Taken& taken);
    /// The routes of one listener as Istio asks them: those of the Gateway's own namespace first,
    /// then by age, then by name.
    static std::vector<const api::Route*> in_order(const ApiPlan& plan,
                                                   const std::set<const api::Route*>& routes);
    FilterChain own_chain(const ApiPlan& plan, const ListenerPlan& planned) const;
    static Rule rule_of(const api::Route& route);
    /// False when it asks for nothing: none of its backends has a weight, or it has no name in
    /// common with the listener. All its names there are one match, which is skipped whole where
    /// one of them is taken.
    bool add_route(const ApiPlan& plan, const ListenerPlan& planned, const api::Route& route,
                   Taken& taken);
    void add_passthrough(const ApiPlan& plan, const ListenerPlan& planned, Taken& taken);
    void add_tcp(const ApiPlan& plan, const ListenerPlan& planned);
    void add_terminating(const ApiPlan& plan, const ListenerPlan& planned);
    /// Of a TLS listener that ends TLS: false when no route leads on from there. Where the lab can
    /// run what does, the chain learns it.
    bool lead_on(const ListenerPlan& planned, FilterChain& chain) const;

    // gateway_api_status.cpp

    void tell_status(const ApiPlan& plan);
    void tell_sets(const ApiPlan& plan);
    void tell_listener(const ListenerPlan& planned);
    void tell(std::string_view kind, const Meta& meta, std::optional<std::string> listener,
              std::string_view type, bool status, std::string_view reason);
    /// For the condition that was told last.
    void blame_last(Culprit culprit);

    // gateway_api_report.cpp: what people are told.

    void report_listener(const ListenerPlan& planned);
    void report_lost_port(const ListenerPlan& planned);
    void report_unsupported(const ListenerPlan& planned);
    void report_refused_set(const api::ListenerSet& set);
    void report_not_attached(const api::Route& route, const api::ParentRef& parent, Step step);
    void report_backends(const api::Route& route);
    void report_backend(const api::Route& route, const api::BackendRef& backend,
                        const std::string& reason);
    void report_port(const api::Route& route, const api::BackendRef& backend);
    void report_taken(const api::Route& route, const std::vector<Text>& names, const Text& taken,
                      std::uint16_t port, const Rule& owner);
    void report_no_route(const ApiPlan& plan, const ListenerPlan& planned);

    ServicesView view() const { return {.inputs = inputs_, .services = *services_}; }

    const Inputs& inputs_;
    Findings& findings_;
    RoutedPart made_;
    const Manifest& manifest_;
    const Services* services_;  // as the Gateway that is being built sees them
    Envoy envoy_;               // of it
    NamespaceLabels labels_;
    std::vector<ApiPlan> plans_;
    // Gateways and ListenerSets, by parent_key(): the plan that has their listeners; nothing: it is
    // somebody else's, or not allowed.
    std::unordered_map<std::string, std::optional<std::size_t>> parents_;
    std::vector<Condition> of_routes_;
    std::set<Spot> told_;
};

}  // namespace sni::routing
