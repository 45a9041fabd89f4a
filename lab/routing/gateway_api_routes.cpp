#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/route/host_match.h"
#include "lab/routing/gateway_api_routing.h"

namespace sni::routing {

std::string intersection(std::string_view listener, std::string_view route) {
    if (listener.empty()) return std::string(route.empty() ? "*" : route);
    if (route.empty() || listener == route) return std::string(listener);
    return std::string(route::common(listener, route).value_or(""));
}

std::string_view reason_of(Step step) {
    switch (step) {
        case Step::section:
            return "NoMatchingParent";
        case Step::hostname:
            return "NoMatchingListenerHostname";
        case Step::allowed:
            return "NotAllowedByListeners";
        case Step::attached:
            break;
    }
    return "Accepted";
}

bool GatewayApi::allows(const api::Gateway& gateway, const api::Listener& listener,
                        std::string_view kind, const std::string& route_namespace) const {
    const auto known = kinds_of(listener);
    if (std::ranges::find(known, kind) == known.end()) return false;
    const bool wanted =
        listener.kinds.empty() || std::ranges::any_of(listener.kinds, [&](const api::RouteKind& k) {
            return k.group.value == kApiGroup && k.kind.value == kind;
        });
    if (!wanted) return false;
    switch (listener.from) {
        case api::From::same:
            return route_namespace == gateway.meta.ns.value;
        case api::From::all:
            return true;
        case api::From::none:
            return false;
        case api::From::selector:
            break;
    }
    const auto ns = namespaces_.find(route_namespace);
    // Every namespace has this label; the others stand in the files or nowhere.
    Labels labels = ns == namespaces_.end() ? Labels() : ns->second->meta.labels;
    labels.emplace("kubernetes.io/metadata.name", route_namespace);
    return std::ranges::all_of(listener.namespaces, [&](const api::LabelTest& test) {
        const auto found = labels.find(test.key);
        const bool there = found != labels.end();
        if (test.op == "Exists") return there;
        if (test.op == "DoesNotExist") return !there;
        const bool in = there && std::ranges::find(test.values, found->second) != test.values.end();
        return test.op == "NotIn" ? !in : in;
    });
}

namespace {

/// Where the hostnames of a listener and of a route meet; a route without any stands at `at`.
std::vector<Text> meeting_names(const Text& listener, const std::vector<Text>& route, Spot at) {
    std::vector<Text> names;
    const auto add = [&](std::string_view host, Spot spot) {
        std::string name = intersection(to_lower_ascii(listener.value), to_lower_ascii(host));
        if (name.empty() || std::ranges::find(names, name, &Text::value) != names.end()) return;
        names.push_back({std::move(name), spot});
    };
    for (const Text& host : route) {
        add(host.value, host.at);
    }
    if (route.empty()) add({}, at);
    return names;
}

}  // namespace

std::vector<Text> GatewayApi::names_at(const api::Listener& listener, const api::TlsRoute& route) {
    return meeting_names(listener.hostname, route.hostnames, route.meta.name.at);
}

template <class Route>
std::optional<Step> GatewayApi::step_of(const api::Gateway& gateway, const ListenerPlan& planned,
                                        const Route& route, const api::ParentRef& parent,
                                        std::string_view kind) const {
    const api::Listener& listener = *planned.listener;
    const bool here =
        planned.conflict.empty() &&
        (parent.section.value.empty() || parent.section.value == listener.name.value) &&
        (!parent.port || parent.port->value == listener.port.value);
    if (!here) return std::nullopt;
    if (meeting_names(listener.hostname, route.hostnames, route.meta.name.at).empty())
        return Step::hostname;
    return allows(gateway, listener, kind, route.meta.ns.value) ? Step::attached : Step::allowed;
}

void GatewayApi::count_other_routes() {
    for (const api::OtherRoute& route : manifest_.other_routes) {
        for (const api::ParentRef& parent : route.parents) {
            if (parent.to.group.value != kApiGroup || parent.to.kind.value != "Gateway") continue;
            const auto at = plan_at_.find(parent.to.path());
            if (at == plan_at_.end()) continue;
            for (ListenerPlan& planned : plans_[at->second].listeners) {
                const api::Gateway& gateway = *plans_[at->second].gateway;
                if (step_of(gateway, planned, route, parent, route.kind) == Step::attached)
                    planned.others.insert(&route);
            }
        }
    }
}

void GatewayApi::attach(const api::TlsRoute& route, const api::ParentRef& parent,
                        std::vector<Condition>& conditions) {
    if (parent.to.group.value != kApiGroup || parent.to.kind.value != "Gateway") return;
    const std::string path = parent.to.path();
    if (foreign_.contains(path)) return;
    const auto at = plan_at_.find(path);
    if (at == plan_at_.end()) return report_no_gateway(route, parent);
    ApiPlan* found = &plans_[at->second];
    Step best = Step::section;
    for (ListenerPlan& planned : found->listeners) {
        const auto step = step_of(*found->gateway, planned, route, parent, "TLSRoute");
        if (!step) continue;
        if (step == Step::attached) planned.attached.insert(&route);
        best = std::max(best, *step);
    }
    const auto tell = [&](std::string_view type, bool status, std::string_view reason) {
        conditions.push_back({.kind = "TLSRoute",
                              .ns = route.meta.ns.value,
                              .name = route.meta.name.value,
                              .parent = path,
                              .listener = parent.section.value.empty()
                                              ? std::nullopt
                                              : std::optional(parent.section.value),
                              .type = std::string(type),
                              .status = status,
                              .reason = std::string(reason)});
    };
    tell("Accepted", best == Step::attached, reason_of(best));
    const std::string unresolved = unresolved_reason(route);
    tell("ResolvedRefs", unresolved.empty(), unresolved.empty() ? "ResolvedRefs" : unresolved);
    if (best != Step::attached) report_not_attached(route, parent, best);
    if (!unresolved.empty()) report_unresolved(route);
}

bool GatewayApi::is_granted(std::string_view group, std::string_view kind, const std::string& from,
                            const api::Reference& to) const {
    if (from == to.ns.value) return true;
    return std::ranges::any_of(manifest_.reference_grants, [&](const api::ReferenceGrant& g) {
        if (g.meta.ns.value != to.ns.value) return false;
        const bool who = std::ranges::any_of(g.from, [&](const auto& w) {
            return w.group.value == group && w.kind.value == kind && w.ns.value == from;
        });
        return who && std::ranges::any_of(g.to, [&](const auto& w) {
                   return w.group.value == to.group.value && w.kind.value == to.kind.value &&
                          (w.name.value.empty() || w.name.value == to.name.value);
               });
    });
}

namespace {

/// Istio's own kind: a host of its registry, of a Service or a ServiceEntry
/// (pilot/pkg/config/kube/gateway/conversion.go, buildDestination).
bool is_hostname(const api::Reference& to) {
    return to.group.value == "networking.istio.io" && to.kind.value == "Hostname";
}

/// A ServiceImport is the Service of its name, which spans clusters in Istio as it is.
bool is_service(const api::Reference& to) {
    return (to.group.value.empty() && to.kind.value == "Service") ||
           (to.group.value == "multicluster.x-k8s.io" && to.kind.value == "ServiceImport");
}

}  // namespace

std::string GatewayApi::problem_of(const api::TlsRoute& route,
                                   const api::BackendRef& backend) const {
    const api::Reference& to = backend.to;
    if (is_hostname(to)) {
        if (to.ns.at != to.at || !backend.port) return "InvalidDestination";
        const bool known = state_.services.find(to.name.value, route.meta.ns.value) ||
                           state_.services.entry(to.name.value);
        return known ? std::string() : "BackendNotFound";
    }
    if (!is_service(to)) return "InvalidKind";
    if (!is_granted(kApiGroup, "TLSRoute", route.meta.ns.value, to)) return "RefNotPermitted";
    const Service* service = state_.services.at(to.path());
    if (!service || !backend.port) return "BackendNotFound";
    const auto* port = Services::port(*service, backend.port->value, 0);
    return port ? std::string() : "BackendNotFound";
}

std::string GatewayApi::unresolved_reason(const api::TlsRoute& route) const {
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            // Istio does not look at what gets no connection (conversion.go, buildTCPDestination).
            if (backend.weight.value == 0) continue;
            if (std::string problem = problem_of(route, backend); !problem.empty()) {
                return problem;
            }
        }
    }
    return {};
}

Target GatewayApi::target_of(const api::TlsRoute& route, const api::BackendRef& backend) const {
    const std::string problem = problem_of(route, backend);
    if (problem.empty() && backend.port && is_hostname(backend.to)) {
        Target target =
            state_.services.target(route.meta.ns.value, backend.to.name.value, backend.port->value,
                                   static_cast<std::uint16_t>(backend.port->value));
        target.weight = backend.weight.value;
        return target;
    }
    if (problem.empty() && backend.port) {
        const Service& service = *state_.services.at(backend.to.path());
        Target target =
            state_.services.target(service, *Services::port(service, backend.port->value, 0));
        target.weight = backend.weight.value;
        return target;
    }
    return {.missing = Target::Missing::host,
            .ns = backend.to.ns.value,
            .name = backend.to.name.value,
            .port = static_cast<std::uint16_t>(backend.port ? backend.port->value : 0),
            .target_port = {},
            .weight = backend.weight.value,
            .problem = fmt::format("{} {} cannot be used: {}", backend.to.kind.value,
                                   quote(backend.to.path()), problem),
            .note = {}};
}

}  // namespace sni::routing
