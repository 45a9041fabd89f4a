#include "lab/routing/gateway_api/gateway_api_backends.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "lab/routing/gateway_api/gateway_api_grants.h"

namespace sni::routing {

namespace {

/// Istio's own kind: a host of its registry, of a Service or a ServiceEntry.
bool is_hostname(const api::Reference& to) {
    return to.group.value == "networking.istio.io" && to.kind.value == "Hostname";
}

bool is_service(const api::Reference& to) {
    return to.group.value.empty() && to.kind.value == "Service";
}

/// A ServiceImport is the Service of its name, which spans clusters in Istio as it is.
bool is_import(const api::Reference& to) {
    return to.group.value == "multicluster.x-k8s.io" && to.kind.value == "ServiceImport";
}

/// Istio looks for a Hostname in the route's own namespace alone, and routes to others all the
/// same (pilot/pkg/config/kube/gatewaycommon/context.go, GetService).
bool is_host_of(const Manifest& manifest, const std::string& host, const std::string& ns) {
    if (Services::path(host, ns).starts_with(ns + "/")) {
        const std::string path = Services::path(host, ns);
        return host.contains('.') && std::ranges::any_of(manifest.services, [&](const Service& s) {
                   return s.meta.path() == path;
               });
    }
    return std::ranges::any_of(manifest.service_entries, [&](const ServiceEntry& entry) {
        return entry.meta.ns.value == ns &&
               std::ranges::find(entry.hosts, host, &Text::value) != entry.hosts.end();
    });
}

/// Of several it is the last that Istio tells; what gets no connection is not looked at.
Trouble trouble_of(const ServicesView& view, const api::Route& route,
                   std::span<const api::BackendRef> backends, Grants grants) {
    Trouble last;
    for (const api::BackendRef& backend : backends) {
        if (backend.weight.value == 0) continue;
        Trouble trouble = trouble_of(view, route, backend, grants);
        if (trouble.fatal) return trouble;
        if (backend.odd_filter) return {"InvalidFilter", true};
        if (!trouble.reason.empty()) last = std::move(trouble);
    }
    return last;
}

/// Filters come first. A mirror that is of no use ends a GRPCRoute; an HTTPRoute does without it,
/// and tells it where its backends are in order (convertGRPCRoute and convertHTTPRoute).
Trouble trouble_of(const ServicesView& view, const api::Route& route, const api::RouteRule& rule,
                   Grants grants) {
    std::string mirrored;
    for (const api::BackendRef& mirror : rule.mirrors) {
        Trouble trouble = trouble_of(view, route, mirror, grants);
        if (trouble.reason.empty()) continue;
        if (route.kind == "GRPCRoute") return {std::move(trouble.reason), true};
        mirrored = std::move(trouble.reason);
    }
    if (rule.odd_filter) return {"InvalidFilter", true};
    Trouble own = trouble_of(view, route, rule.backends, grants);
    if (own.reason.empty()) own.reason = std::move(mirrored);
    return own;
}

}  // namespace

Trouble trouble_of(const ServicesView& view, const api::Route& route,
                   const api::BackendRef& backend, Grants grants) {
    const api::Reference& to = backend.to;
    const std::string& ns = route.meta.ns.value;
    if (grants == Grants::needed && !is_granted(view.inputs, route.kind, ns, to))
        return {"RefNotPermitted"};
    std::string reason;
    if (is_service(to) || is_import(to)) {
        if (is_service(to) && to.name.value.contains('.')) return {"InvalidDestination", true};
        if (!view.services.at(to.path())) reason = "BackendNotFound";
    } else if (is_hostname(to)) {
        if (to.ns.at != to.at) return {"InvalidDestination", true};
        if (!is_host_of(view.inputs.manifest, to.name.value, ns)) reason = "BackendNotFound";
    } else {
        return {"InvalidKind"};
    }
    if (!backend.port) return {"InvalidDestination", true};
    return {std::move(reason)};
}

References references_of(const ServicesView& view, const api::Route& route, Grants grants) {
    References all;
    for (const api::RouteRule& rule : route.rules) {
        Trouble trouble = trouble_of(view, route, rule, grants);
        if (trouble.fatal) return {.reason = std::move(trouble.reason), .no_route = true};
        if (!trouble.reason.empty()) all.reason = std::move(trouble.reason);
    }
    return all;
}

Target backend_target(const ServicesView& view, const api::Route& route,
                      const api::BackendRef& backend) {
    const api::Reference& to = backend.to;
    const Trouble trouble = trouble_of(view, route, backend);
    const std::int64_t wanted = backend.port ? backend.port->value : 0;
    const auto port = static_cast<std::uint16_t>(wanted);
    const bool not_found = trouble.reason == "BackendNotFound";
    Target target{.missing = not_found ? Target::Missing::host : Target::Missing::reference,
                  .ns = to.ns.value,
                  .name = to.name.value,
                  .port = port,
                  .target_port = {},
                  .problem = fmt::format("{} {} cannot be used: {}", to.kind.value,
                                         quote(to.path()), trouble.reason),
                  .note = {}};
    if (is_hostname(to) && (trouble.reason.empty() || not_found)) {
        target = view.services.target(route.meta.ns.value, to.name.value, wanted, port);
    } else if (trouble.reason.empty()) {
        target = view.services.target(to.ns.value, to.name.value, wanted, port);
    }
    target.weight = backend.weight.value;
    return target;
}

std::vector<Target> backend_targets(const ServicesView& view, const api::Route& route) {
    std::vector<Target> targets;
    if (references_of(view, route).no_route) return targets;
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            if (backend.weight.value > 0) targets.push_back(backend_target(view, route, backend));
        }
        if (!targets.empty()) break;
    }
    return targets;
}

}  // namespace sni::routing
