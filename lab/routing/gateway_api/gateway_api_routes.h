// Third pass over the Gateway API's objects: which routes come to which listeners, and how far each
// came with its parents.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_gateways.h"
#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

/// How far a route came with one listener; the furthest is what its status tells. Assumed: it is
/// attached where its namespace, which is not in the files, has the labels that are asked for.
enum class Step { section, hostname, allowed, assumed, attached };

inline bool is_attached(Step step) {
    return step >= Step::assumed;
}

/// Of the condition Accepted.
std::string_view reason_of(Step step);

/// The routes that one listener takes, each once, as the files have them.
struct ListenerRoutes {
    std::vector<const api::Route*> tls_routes;
    std::vector<const api::Route*> others;
};

/// A parentRef of a route, and what came of it.
struct RouteParent {
    enum class Kind {
        gateway,  ///< a Gateway or a ListenerSet, of ours
        mesh,     ///< a Service or a ServiceEntry: for sidecars and waypoints, no gateway sees it
        missing,  ///< a Gateway or a ListenerSet that is not in these files
    };
    const api::Route* route = nullptr;
    const api::ParentRef* ref = nullptr;
    Kind kind = Kind::gateway;
    /// Nothing: the Gateway has no listener that routes find here, and Istio knows no parent.
    std::optional<Step> step;
};

/// Points into the manifest.
struct AttachedRoutes {
    /// Of each Gateway, by its index, and each of its listeners, by its own.
    std::vector<std::vector<ListenerRoutes>> listeners;
    /// Route after route, TLSRoutes first. Parents that are somebody else's are left out.
    std::vector<RouteParent> parents;
};

/// Of routes of every kind. `gateways` are those of `own`, judged. Reports nothing.
AttachedRoutes attach_routes(const ServicesView& view, const OwnGateways& own,
                             const std::vector<JudgedGateway>& gateways);

/// Where the hostnames of both meet, in lower case; a route without any stands at its own name.
std::vector<Text> names_at(const api::Listener& listener, const api::Route& route);

}  // namespace sni::routing
