// The same routes in the other API: Istio's own Gateway and VirtualService, or the Gateway API's
// Gateway and TLSRoute. Documents that are in the wanted API already stay as they are.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lab/export/cluster/edits.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/listeners.h"

namespace sni::exporting {

enum class ClusterApi { istio, gateway };

/// A Gateway that stands at the edge when all is applied.
struct EntryPoint {
    std::string ns;
    std::string name;
    bool operator==(const EntryPoint&) const = default;
};

struct Converted {
    std::vector<std::string> documents;
    std::set<manifest::Spot> replaced;          ///< where the documents begin that these replace
    std::vector<EntryPoint> edges;              ///< Gateways of the wanted API, the kept ones first
    std::map<std::string, EntryPoint> edge_of;  ///< of the Gateway API, by FilterChain::proxy
    std::vector<std::string> notes;             ///< what has no equal there
    bool experimental = false;        ///< the Gateway API's experimental channel must be there
    int gateway_api = 0;              ///< else, 5: that of 1.5 or a newer one must be; 0: none
    std::string newest;               ///< "TLSRoute v1", for which
    std::vector<Edit> edits;          ///< in the documents that stay
    std::vector<Diagnostic> refused;  ///< documents that cannot be edited so
};

/// What stays of the Gateway API is written in versions that the cluster serves. New Gateways of
/// the Gateway API go into environment.gateway_namespace: their pods run where they are, and the
/// backends' secrets must not be there.
Converted convert(const manifest::Manifest& manifest, const routing::Listeners& listeners,
                  ClusterApi to, const lookup::Environment& environment);

}  // namespace sni::exporting
