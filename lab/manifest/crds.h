// Definitions of the Gateway API's kinds, as files have them that install it.
#pragma once

#include <string>

#include "lab/manifest/manifest.h"

namespace sni::manifest {

/// The release of the Gateway API, "1.5", below which this Istio does not read what the definition
/// defines (pkg/config/schema/gatewayapi/minimumversions.go); empty: it is as new as that, or
/// nobody knows how old it is.
std::string oldest_read(const Versions& versions, const Crd& crd);

}  // namespace sni::manifest
