#include "lab/routing/istio/istio_bound_server.h"

#include <algorithm>

#include "lab/routing/istio/gateway_path.h"

namespace sni::routing {

bool names_gateway(const std::vector<Text>& names, const VirtualService& service,
                   const Gateway& gateway) {
    return names.empty() || std::ranges::any_of(names, [&](const Text& name) {
               return gateway_path(name.value, service.meta.ns.value) == gateway.meta.path();
           });
}

}  // namespace sni::routing
