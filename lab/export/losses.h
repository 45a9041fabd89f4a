// What of the manifests an export does not carry over, so that nothing is lost in silence: a
// sentence for each object, and for each of its fields that counts.
#pragma once

#include <string>
#include <vector>

#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/listeners.h"
#include "lab/scenario/lab_file.h"

namespace sni::exporting {

/// Which objects are written anew, so that what has no equal there is lost.
struct Rewritten {
    bool istio = false;        ///< Istio's Gateways and VirtualServices
    bool gateway_api = false;  ///< Gateways and TLSRoutes of the Gateway API
    bool everything = false;   ///< also what stays beside them in a cluster: DestinationRules
};

/// In the order of the files. `listeners` are what the manifests were routed to.
std::vector<std::string> losses(const manifest::Manifest& manifest,
                                const routing::Listeners& listeners, const Rewritten& rewritten);

/// What lab.yaml says and no manifest of a cluster can; of its gateways and its pods.
std::vector<std::string> lab_losses(const scenario::LabFile& lab);

/// What lab.yaml says about certificates, which commands make in the ordinary way.
std::vector<std::string> certificate_losses(const scenario::LabFile& lab);

}  // namespace sni::exporting
