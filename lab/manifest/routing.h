// Gateways and VirtualServices to filter chains, as istiod does it for one ingress gateway
// (pilot/pkg/networking/core/gateway.go). Where the chains lead is endpoints.h's business.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/manifest/manifest.h"

namespace sni::manifest {

/// One tls match that a PASSTHROUGH server took over. It accepts match->sni_hosts on `port`, just
/// as they are written. Points into the manifest.
struct Chain {
    std::uint16_t port = 0;  ///< as written in the Gateway
    const Gateway* gateway = nullptr;
    const VirtualService* service = nullptr;
    const TlsRoute* rule = nullptr;
    const TlsMatch* match = nullptr;
};

struct Routing {
    std::vector<Chain> chains;         ///< in file order of their matches
    std::vector<std::uint16_t> ports;  ///< of PASSTHROUGH servers, ascending, without repeats
};

Routing route(const Manifest& manifest, Findings& findings);

}  // namespace sni::manifest
