#include "lab/routing/gateway_api/gateway_api_no_route.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

namespace sni::routing {

namespace {

bool has_tls_route(const JudgedGateway& gateway, const std::vector<ListenerRoutes>& routes,
                   std::int64_t port) {
    for (std::size_t i = 0; i < gateway.listeners.size(); ++i) {
        if (gateway.listeners[i].listener->port.value == port && !routes[i].tls_routes.empty())
            return true;
    }
    return false;
}

/// It was said not to be taken; that is enough.
bool is_named_by_tls_route(const Manifest& manifest, const std::string& gateway) {
    return std::ranges::any_of(manifest.tls_routes, [&](const api::Route& route) {
        return std::ranges::any_of(route.parents, [&](const api::ParentRef& parent) {
            return parent.to.path() == gateway;
        });
    });
}

}  // namespace

void report_no_route(const Inputs& inputs, const JudgedGateway& gateway,
                     const std::vector<ListenerRoutes>& routes, const OwnListener& own,
                     Findings& findings) {
    const Meta& meta = gateway.gateway->meta;
    const Number& port = own.listener->port;
    if (meta.flawed || has_tls_route(gateway, routes, port.value) ||
        is_named_by_tls_route(inputs.manifest, meta.path())) {
        return;
    }
    findings.add(inputs.unknown, code::kNoRoute, port.at,
                 fmt::format("no TLSRoute of these files is attached to listener {} of Gateway {}",
                             quote(own.listener->name.value), quote(meta.path())),
                 "Istio opens no listener then, and clients are refused",
                 "add a TLSRoute with parentRefs to this Gateway");
}

}  // namespace sni::routing
