#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

namespace sni::routing {

namespace {

/// Istio heeds grants to these kinds of the core group alone, and so opens no ServiceImport of
/// another namespace (pilot/pkg/config/kube/gatewaycommon/references.go).
bool may_be_granted(const api::Reference& to) {
    const std::string& kind = to.kind.value;
    return to.group.value.empty() && (kind == "Service" || kind == "Secret" || kind == "ConfigMap");
}

/// `all`: else the last entry of a kind is the only one.
bool opens(const api::ReferenceGrant& grant, const api::Reference& to, bool all) {
    bool open = false;
    for (const api::ReferenceGrant::What& what : grant.to) {
        if (what.group.value != to.group.value || what.kind.value != to.kind.value) continue;
        const bool named = what.name.value.empty() || what.name.value == to.name.value;
        open = named || (all && open);
    }
    return open;
}

}  // namespace

bool GatewayApi::is_granted(std::string_view kind, const std::string& from,
                            const api::Reference& to) const {
    if (from == to.ns.value) return true;
    return may_be_granted(to) &&
           std::ranges::any_of(manifest_.reference_grants, [&](const api::ReferenceGrant& g) {
               const bool who = std::ranges::any_of(g.from, [&](const auto& w) {
                   return w.group.value == group_of(kind) && w.kind.value == kind &&
                          w.ns.value == from;
               });
               return who && g.meta.ns.value == to.ns.value &&
                      opens(g, to, inputs_.setting.versions.heeds_whole_grants());
           });
}

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

}  // namespace

GatewayApi::Trouble GatewayApi::trouble_of(const api::Route& route, const api::BackendRef& backend,
                                           bool grants) const {
    const api::Reference& to = backend.to;
    const std::string& ns = route.meta.ns.value;
    if (grants && !is_granted(route.kind, ns, to)) return {"RefNotPermitted"};
    std::string reason;
    if (is_service(to) || is_import(to)) {
        if (is_service(to) && to.name.value.contains('.')) return {"InvalidDestination", true};
        if (!services_->at(to.path())) reason = "BackendNotFound";
    } else if (is_hostname(to)) {
        if (to.ns.at != to.at) return {"InvalidDestination", true};
        if (!is_host_of(manifest_, to.name.value, ns)) reason = "BackendNotFound";
    } else {
        return {"InvalidKind"};
    }
    if (!backend.port) return {"InvalidDestination", true};
    return {std::move(reason)};
}

References GatewayApi::references_of(const api::Route& route, bool grants) const {
    References all;
    for (const api::RouteRule& rule : route.rules) {
        if (rule.odd_filter) return {.reason = "InvalidFilter", .no_route = true};
        std::string own;
        for (const api::BackendRef& backend : rule.backends) {
            // Istio does not look at what gets no connection, and tells the last one of several.
            if (backend.weight.value == 0) continue;
            Trouble trouble = trouble_of(route, backend, grants);
            if (trouble.fatal) return {.reason = std::move(trouble.reason), .no_route = true};
            if (!trouble.reason.empty()) own = std::move(trouble.reason);
        }
        for (const api::BackendRef& mirror : rule.mirrors) {
            if (own.empty()) own = trouble_of(route, mirror, grants).reason;
        }
        if (!own.empty()) all.reason = std::move(own);
    }
    return all;
}

Target GatewayApi::target_of(const api::Route& route, const api::BackendRef& backend) const {
    const api::Reference& to = backend.to;
    const Trouble trouble = trouble_of(route, backend);
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
        target = services_->target(route.meta.ns.value, to.name.value, wanted, port);
    } else if (trouble.reason.empty()) {
        target = services_->target(to.ns.value, to.name.value, wanted, port);
    }
    target.weight = backend.weight.value;
    return target;
}

std::vector<Target> GatewayApi::targets_of(const api::Route& route) const {
    std::vector<Target> targets;
    if (references_of(route).no_route) return targets;
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            if (backend.weight.value > 0) targets.push_back(target_of(route, backend));
        }
        if (!targets.empty()) break;
    }
    return targets;
}

}  // namespace sni::routing
