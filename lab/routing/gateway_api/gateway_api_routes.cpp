#include "lab/routing/gateway_api/gateway_api_routes.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "lab/core/dns_name.h"
#include "lab/route/host_match.h"
#include "lab/routing/gateway_api/namespace_labels.h"

namespace sni::routing {

namespace {

/// The names that both stand for, as one pattern; empty when there is none. An empty hostname is
/// every name; so the result of two empty ones is "*".
std::string intersection(std::string_view listener, std::string_view route) {
    if (listener.empty()) return std::string(route.empty() ? "*" : route);
    if (route.empty() || listener == route) return std::string(listener);
    return std::string(route::common(listener, route).value_or(""));
}

/// How far a route comes whose name and port fit: routes of its kind and namespace may come to the
/// listener, or not.
Step taken(const JudgedListener& judged, const api::Route& route, const Versions& versions,
           const NamespaceLabels& labels) {
    const api::Listener& listener = *judged.listener;
    const auto kinds = supported_kinds(listener, versions);
    if (std::ranges::find(kinds, route.kind) == kinds.end()) return Step::allowed;
    switch (listener.from) {
        case api::From::same:
            return route.meta.ns.value == judged.ns() ? Step::attached : Step::allowed;
        case api::From::all:
            return Step::attached;
        case api::From::none:
            return Step::allowed;
        case api::From::selector:
            break;
    }
    switch (labels.pass(listener.namespaces, route.meta.ns.value)) {
        case Passes::no:
            return Step::allowed;
        case Passes::unknown:
            return Step::assumed;
        case Passes::yes:
            break;
    }
    return Step::attached;
}

/// Nothing: the parent means another listener.
std::optional<Step> step_at(const JudgedListener& judged, const api::Route& route,
                            const api::ParentRef& parent, const Versions& versions,
                            const NamespaceLabels& labels) {
    const bool here = judged.kind() == parent.to.kind.value &&
                      (!judged.set || judged.owner->path() == parent.to.path());
    if (!here || !judged.is_parent()) return std::nullopt;
    const api::Listener& listener = *judged.listener;
    if ((!parent.section.value.empty() && parent.section.value != listener.name.value) ||
        (parent.port && parent.port->value != listener.port.value)) {
        return Step::section;
    }
    if (names_at(listener, route).empty()) return Step::hostname;
    return taken(judged, route, versions, labels);
}

/// Two parentRefs of a route may lead to one listener.
void add_once(const api::Route& route, ListenerRoutes& to) {
    auto& routes = route.kind == "TLSRoute" ? to.tls_routes : to.others;
    if (routes.empty() || routes.back() != &route) routes.push_back(&route);
}

/// How far it came at the furthest of the Gateway's listeners; `routes` by their index.
std::optional<Step> attach(const api::Route& route, const api::ParentRef& parent,
                           const JudgedGateway& gateway, const Versions& versions,
                           const NamespaceLabels& labels, std::vector<ListenerRoutes>& routes) {
    std::optional<Step> furthest;
    for (std::size_t i = 0; i < gateway.listeners.size(); ++i) {
        const auto step = step_at(gateway.listeners[i], route, parent, versions, labels);
        if (step && is_attached(*step)) add_once(route, routes[i]);
        furthest = std::max(furthest, step);  // nothing is less than any step
    }
    return furthest;
}

/// Whether it refers to a Gateway or a ListenerSet.
bool has_listeners(const api::Reference& to) {
    const std::string& kind = to.kind.value;
    return to.group.value == group_of(kind) &&
           (kind == "Gateway" || kind == "ListenerSet" || kind == "XListenerSet");
}

bool is_of_mesh(const api::Reference& to) {
    const std::string& kind = to.kind.value;
    return (to.group.value.empty() && kind == "Service") ||
           (to.group.value == "networking.istio.io" && kind == "ServiceEntry");
}

Step step_in_mesh(const ServicesView& view, const api::Reference& to) {
    const bool there = to.kind.value == "Service"
                           ? view.services.at(to.path()) != nullptr
                           : std::ranges::any_of(view.inputs.manifest.service_entries,
                                                 [&](const ServiceEntry& entry) {
                                                     return entry.meta.path() == to.path();
                                                 });
    return there ? Step::attached : Step::section;
}

}  // namespace

std::string_view reason_of(Step step) {
    switch (step) {
        case Step::section:
            return "NoMatchingParent";
        case Step::hostname:
            return "NoMatchingListenerHostname";
        case Step::allowed:
            return "NotAllowedByListeners";
        case Step::assumed:
        case Step::attached:
            break;
    }
    return "Accepted";
}

std::vector<Text> names_at(const api::Listener& listener, const api::Route& route) {
    std::vector<Text> names;
    const auto add = [&](std::string_view host, Spot spot) {
        std::string name =
            intersection(to_lower_ascii(listener.hostname.value), to_lower_ascii(host));
        if (name.empty() || std::ranges::find(names, name, &Text::value) != names.end()) return;
        names.push_back({std::move(name), spot});
    };
    for (const Text& host : route.hostnames) {
        add(host.value, host.at);
    }
    if (route.hostnames.empty()) add({}, route.meta.name.at);
    return names;
}

AttachedRoutes attach_routes(const ServicesView& view, const OwnGateways& own,
                             const std::vector<JudgedGateway>& gateways) {
    const Manifest& manifest = view.inputs.manifest;
    const Versions& versions = view.inputs.environment.versions;
    const NamespaceLabels labels(manifest);
    AttachedRoutes attached;
    attached.listeners.reserve(gateways.size());
    for (const JudgedGateway& gateway : gateways) {
        attached.listeners.emplace_back(gateway.listeners.size());
    }
    const auto add = [&](const api::Route& route, const api::ParentRef& ref) {
        RouteParent parent{.route = &route, .ref = &ref, .step = {}};
        if (is_of_mesh(ref.to)) {
            parent.kind = RouteParent::Kind::mesh;
            parent.step = step_in_mesh(view, ref.to);
        } else if (!has_listeners(ref.to) || own.is_foreign(ref.to)) {
            return;
        } else if (const auto at = own.find(ref.to.kind.value, ref.to.path())) {
            parent.step =
                attach(route, ref, gateways[*at], versions, labels, attached.listeners[*at]);
        } else {
            parent.kind = RouteParent::Kind::missing;
        }
        attached.parents.push_back(parent);
    };
    for (const auto* routes : {&manifest.tls_routes, &manifest.other_routes}) {
        for (const api::Route& route : *routes) {
            for (const api::ParentRef& ref : route.parents) {
                add(route, ref);
            }
        }
    }
    return attached;
}

}  // namespace sni::routing
