// A listener that has its port, with the routes that it takes: what filter chains are made of.
#pragma once

#include <string>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/listeners/listeners.h"

namespace sni::routing {

/// Points into what the passes before gave.
struct BoundListener {
    const api::Gateway& gateway;
    const JudgedListener& own;
    const ListenerRoutes& routes;
    bool shares_chain = false;  ///< MergedListener's
};

/// What one listener comes to.
struct ListenerChains {
    std::vector<FilterChain> chains;
    std::vector<Lost> lost;
    std::string closed;  ///< why its port stays closed, unless something else opens it
};

/// As filter chains name it: "*" when it has none.
std::string hostname_of(const api::Listener& listener);
/// Of what no route has made.
Rule rule_of(const OwnListener& own);
Rule rule_of(const api::Route& route);

/// What comes by the listener's own hostname; ends at the backend, and leads nowhere yet.
FilterChain chain_at(const BoundListener& bound);

/// As Istio asks them: those of the Gateway's own namespace first, then by age, then by name.
std::vector<const api::Route*> routes_in_order(const api::Gateway& gateway,
                                               std::vector<const api::Route*> routes);

/// `listener "l" of Gateway "ns/gw"`.
std::string listener_text(const api::Gateway& gateway, const OwnListener& own);

}  // namespace sni::routing
