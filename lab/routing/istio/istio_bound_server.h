// A server that has its port, with the VirtualServices that its Gateway meets: what filter chains
// are made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/listeners/listeners.h"

namespace sni::routing {

/// Points into what the passes before gave.
struct BoundServer {
    const ServedGateway& served;
    const ServedServer& own;
    std::uint16_t listens_at = 0;  ///< MergedServer's
    bool shares_chain = false;     ///< the same
    const std::vector<const VirtualService*>& services;

    const Server& server() const { return *own.server; }
    const Gateway& gateway() const { return *served.gateway; }
    std::uint16_t port() const { return port_of(*own.server); }
};

/// What one server comes to.
struct ServerChains {
    std::vector<FilterChain> chains;
    std::vector<Lost> lost;
    std::string closed;  ///< why its port stays closed, unless something else opens it
};

/// Whether a list in a VirtualService names the Gateway; one that is empty names them all.
bool names_gateway(const std::vector<Text>& names, const VirtualService& service,
                   const Gateway& gateway);

/// Of a tls or a tcp rule of `service`: what of it chooses the server.
template <class Match>
bool fits(const Match& match, const VirtualService& service, const BoundServer& server) {
    return (!match.port || match.port->value == server.port()) &&
           names_gateway(match.gateways, service, server.gateway());
}

}  // namespace sni::routing
