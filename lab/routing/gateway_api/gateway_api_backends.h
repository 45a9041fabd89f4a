// What the backendRefs of a route resolve to. Pure look-ups, which report nothing.
#pragma once

#include <string>
#include <vector>

#include "lab/routing/gateway_api/services_view.h"

namespace sni::routing {

/// What is wrong with one backendRef.
struct Trouble {
    std::string reason;  ///< of the condition ResolvedRefs; empty: none
    bool fatal = false;  ///< it makes the whole route void
};

/// Whether a backend of another namespace needs a ReferenceGrant; a route for the mesh needs none.
enum class Grants { needed, not_needed };

Trouble trouble_of(const ServicesView& view, const api::Route& route,
                   const api::BackendRef& backend, Grants grants = Grants::needed);

/// What Istio makes of all backendRefs of a route (pilot/pkg/config/kube/gateway/conversion.go,
/// buildTCPDestination).
struct References {
    std::string reason;     ///< of the condition ResolvedRefs; empty: True
    bool no_route = false;  ///< there is no route at all for it, and its names are free
};

References references_of(const ServicesView& view, const api::Route& route,
                         Grants grants = Grants::needed);

/// Where one backend leads; with Target::problem where it cannot be used.
Target backend_target(const ServicesView& view, const api::Route& route,
                      const api::BackendRef& backend);
/// Of the first rule that leads anywhere; none where there is no route at all.
std::vector<Target> backend_targets(const ServicesView& view, const api::Route& route);

}  // namespace sni::routing
