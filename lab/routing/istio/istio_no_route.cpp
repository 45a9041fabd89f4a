#include "lab/routing/istio/istio_no_route.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

namespace sni::routing {

namespace {

struct Reason {
    std::string why;  ///< the beginning of a sentence; empty: no VirtualService is near
    std::string hint;
};

Reason reason_of(const BoundServer& server, const Manifest& manifest) {
    for (const VirtualService* service : server.services) {
        const std::string path = quote(service->meta.path());
        if (!server.own.hosts.overlaps_any(*service)) {
            return {
                fmt::format("VirtualService {} names this Gateway, but none of its hosts; ", path),
                {}};
        }
        if (service->tls.empty())
            return {fmt::format("VirtualService {} has no tls rules; ", path), {}};
        return {fmt::format("no match of VirtualService {} fits this port and Gateway; ", path),
                {}};
    }
    Reason reason{{}, "add a VirtualService with this Gateway, a host of it and tls rules"};
    for (const VirtualService& service : manifest.virtual_services) {
        if (!server.own.hosts.overlaps_any(service)) continue;
        const std::string path = quote(service.meta.path());
        // One that names it and is not among those of the server is hidden.
        if (!service.gateways.empty() &&
            names_gateway(service.gateways, service, server.gateway())) {
            return {fmt::format("VirtualService {} names this Gateway, whose pods do not see it, "
                                "by its exportTo; ",
                                path),
                    "remove exportTo, or add \"*\""};
        }
        if (reason.why.empty()) {
            reason.why = fmt::format(
                "VirtualService {} has its host, but does not name this Gateway; ", path);
        }
    }
    return reason;
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
    const Reason reason = reason_of(server, manifest);
    // A platform's files hold the Gateway, and its tenants' files the routes.
    const bool known = !reason.why.empty();
    findings.add(known ? Level::error : inputs.unknown, code::kNoRoute, server.server().port.at,
                 fmt::format("no VirtualService {}has a tls rule for port {} of Gateway {}",
                             known ? "" : "of these files ", server.server().port.value,
                             quote(server.gateway().meta.path())),
                 reason.why + "Istio opens no listener then, and clients are refused", reason.hint);
}

}  // namespace sni::routing
