// Gateways, VirtualServices and TLSRoutes to listeners: as istiod and the Gateway API do it. The
// one function that says where a connection goes; every command asks its result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lab/lookup/setting.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/listeners.h"
#include "lab/routing/words.h"

namespace sni::routing {

/// What one gateway's pods are given: no other Envoy's listeners or names are in its way.
struct Envoy {
    std::string proxy;                  ///< FilterChain::proxy
    std::vector<std::string> gateways;  ///< "ns/name" of those that its pods serve
    Listeners listeners;                ///< without conditions, which are the objects' own
};

struct Routing {
    std::vector<std::uint16_t> ports;  ///< of PASSTHROUGH servers, ascending, without repeats
    /// All gateways at one address, as the lab runs them: a name that several have is the first
    /// one's there.
    Listeners listeners;
    std::vector<Envoy> envoys;  ///< filled where there are at least two
};

/// The answer of every gateway that has the question's port, those that route it first; where none
/// has it, or there is only one, that of `listeners`. Never empty.
std::vector<Answer> ask_each(const Routing& routing, const Question& question);

/// "ns/name" of a Gateway as a VirtualService names it: "name" and "./name" are in its own
/// namespace. The old spelling with dots is first the name, then the namespace, and whatever
/// follows (pilot/pkg/model/config.go, resolveGatewayName).
std::string gateway_path(std::string_view text, std::string_view own_namespace);

/// What Istio and Envoy would object to, or do against expectation, goes to `findings`. `unknown`:
/// how it is reported that something is not in these files and may be in others; who wants to run
/// them is stopped by that.
Routing route(const Manifest& manifest, Findings& findings, const Setting& setting = {},
              Level unknown = Level::error);

}  // namespace sni::routing
