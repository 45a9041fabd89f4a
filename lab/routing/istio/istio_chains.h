// Fourth pass over Istio's own objects: which filter chains come of servers and VirtualServices.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lab/routing/istio/istio_bindings.h"
#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/istio_merge.h"
#include "lab/routing/istio/pods_view.h"

namespace sni::routing {

struct IstioChains {
    std::vector<FilterChain> chains;  ///< in the order of the servers; by ports as they are written
    std::vector<Lost> lost;           ///< names of matches that are skipped
    std::map<std::uint16_t, std::string> closed;  ///< Listeners::closed
};

/// `servers` as merge_gateways() orders them, `bound` by the index of `gateways`. To `findings`
/// goes, server after server, which matches are skipped or wider than their Gateway, who has no
/// rule at all, and what the lab cannot run.
IstioChains istio_chains(const PodsView& view, const std::vector<ServedGateway>& gateways,
                         const std::vector<MergedServer>& servers, const Bound& bound,
                         Findings& findings);

}  // namespace sni::routing
