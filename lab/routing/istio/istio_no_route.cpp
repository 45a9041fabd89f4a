#include "lab/routing/istio/istio_no_route.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

namespace sni::routing {

namespace {

std::string why_no_route(const BoundServer& server, const Manifest& manifest) {
    for (const VirtualService* service : server.services) {
        const std::string path = quote(service->meta.path());
        if (!server.own.hosts.overlaps_any(*service)) {
            return fmt::format("VirtualService {} names this Gateway, but none of its hosts; ",
                               path);
        }
        if (service->tls.empty()) {
            return fmt::format("VirtualService {} has no tls rules; ", path);
        }
        return fmt::format("no match of VirtualService {} fits this port and Gateway; ", path);
    }
    for (const VirtualService& service : manifest.virtual_services) {
        if (!server.own.hosts.overlaps_any(service)) continue;
        return fmt::format("VirtualService {} has its host, but does not name this Gateway; ",
                           quote(service.meta.path()));
    }
    return {};
}

/// Its Gateway is wrong, or a VirtualService for that.
bool is_excused(const BoundServer& server, const Manifest& manifest) {
    return server.gateway().meta.flawed ||
           std::ranges::any_of(manifest.virtual_services, [&](const VirtualService& service) {
               return service.meta.flawed &&
                      names_gateway(service.gateways, service, server.gateway());
           });
}

}  // namespace

void report_no_route(const BoundServer& server, const Inputs& inputs, Findings& findings) {
    const Manifest& manifest = inputs.manifest;
    if (is_excused(server, manifest)) return;
    const std::string why = why_no_route(server, manifest);
    // A platform's files hold the Gateway, and its tenants' files the routes.
    const bool known = !why.empty() || !server.services.empty();
    findings.add(known ? Level::error : inputs.unknown, code::kNoRoute, server.server().port.at,
                 fmt::format("no VirtualService {}has a tls rule for port {} of Gateway {}",
                             known ? "" : "of these files ", server.server().port.value,
                             quote(server.gateway().meta.path())),
                 why + "Istio opens no listener then, and clients are refused",
                 server.services.empty()
                     ? "add a VirtualService with this Gateway, a host of it and tls rules"
                     : "");
}

}  // namespace sni::routing
