#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/route/host_match.h"
#include "lab/routing/gateway_api/gateway_api_no_parent.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

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

bool has_listeners(const api::Reference& to) {
    const std::string& kind = to.kind.value;
    return to.group.value == group_of(kind) &&
           (kind == "Gateway" || kind == "ListenerSet" || kind == "XListenerSet");
}

std::string parent_key(std::string_view kind, const std::string& path) {
    return fmt::format("{} {}", kind, path);
}

bool GatewayApi::allows(const ListenerPlan& planned, const api::Route& route) const {
    const api::Listener& listener = *planned.listener;
    const auto kinds = supported_kinds(listener);
    if (std::ranges::find(kinds, route.kind) == kinds.end()) return false;
    switch (listener.from) {
        case api::From::same:
            return route.meta.ns.value == planned.ns();
        case api::From::all:
            return true;
        case api::From::none:
            return false;
        case api::From::selector:
            break;
    }
    return labels_.pass(listener.namespaces, route.meta.ns.value);
}

std::vector<Text> GatewayApi::names_at(const api::Listener& listener, const api::Route& route) {
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

std::optional<Step> GatewayApi::step_of(const ListenerPlan& planned, const api::Route& route,
                                        const api::ParentRef& parent) const {
    const bool here = planned.kind() == parent.to.kind.value &&
                      (!planned.set || planned.owner->path() == parent.to.path());
    if (!here || !planned.is_parent()) return std::nullopt;
    const api::Listener& listener = *planned.listener;
    if ((!parent.section.value.empty() && parent.section.value != listener.name.value) ||
        (parent.port && parent.port->value != listener.port.value)) {
        return Step::section;
    }
    if (names_at(listener, route).empty()) return Step::hostname;
    return allows(planned, route) ? Step::attached : Step::allowed;
}

ApiPlan* GatewayApi::plan_of(const api::Reference& parent) {
    if (!has_listeners(parent)) return nullptr;
    const auto at = parents_.find(parent_key(parent.kind.value, parent.path()));
    const std::optional<std::size_t> plan = at == parents_.end() ? std::nullopt : at->second;
    return plan ? &plans_[*plan] : nullptr;
}

bool GatewayApi::is_foreign(const api::Reference& parent) const {
    const auto at = parents_.find(parent_key(parent.kind.value, parent.path()));
    return at != parents_.end() && !at->second;
}

void GatewayApi::attach(const api::Route& route, const api::ParentRef& parent) {
    const std::string& kind = parent.to.kind.value;
    const bool mesh = (parent.to.group.value.empty() && kind == "Service") ||
                      (parent.to.group.value == "networking.istio.io" && kind == "ServiceEntry");
    if (mesh) return attach_to_mesh(route, parent);
    if (!has_listeners(parent.to)) return;
    if (is_foreign(parent.to)) return;
    ApiPlan* plan = plan_of(parent.to);
    const bool played = route.kind == "TLSRoute";
    if (!plan) {
        if (played)
            report_no_parent(fmt::format("TLSRoute {}", quote(route.meta.path())), parent, inputs_,
                             findings_);
        return;
    }
    std::optional<Step> best;
    for (ListenerPlan& planned : plan->listeners) {
        const auto step = step_of(planned, route, parent);
        if (!step) continue;
        if (*step == Step::attached) (played ? planned.attached : planned.others).insert(&route);
        best = std::max(best.value_or(Step::section), *step);
    }
    // Where no listener is left Istio knows no parent, and writes nothing.
    if (best) tell_route(route, parent, *best, references_of(view(), route));
    if (!played) return;  // its rules are somebody else's business
    if (best != Step::attached) report_not_attached(route, parent, best.value_or(Step::section));
    report_backends(route);
}

/// For sidecars and waypoints: no gateway sees it, but it has a status.
void GatewayApi::attach_to_mesh(const api::Route& route, const api::ParentRef& parent) {
    const bool there =
        parent.to.kind.value == "Service"
            ? services_->at(parent.to.path()) != nullptr
            : std::ranges::any_of(manifest_.service_entries, [&](const ServiceEntry& entry) {
                  return entry.meta.path() == parent.to.path();
              });
    tell_route(route, parent, there ? Step::attached : Step::section,
               references_of(view(), route, Grants::not_needed));
}

void GatewayApi::tell_route(const api::Route& route, const api::ParentRef& parent, Step step,
                            const References& references) {
    const auto tell = [&](std::string_view type, bool status, std::string_view reason) {
        of_routes_.push_back({.kind = route.kind,
                              .ns = route.meta.ns.value,
                              .name = route.meta.name.value,
                              .parent = parent.to.path(),
                              .listener = parent.section.value.empty()
                                              ? std::nullopt
                                              : std::optional(parent.section.value),
                              .type = std::string(type),
                              .status = status,
                              .reason = std::string(reason)});
    };
    tell("Accepted", step == Step::attached, reason_of(step));
    const bool resolved = references.reason.empty();
    tell("ResolvedRefs", resolved, resolved ? "ResolvedRefs" : references.reason);
}

}  // namespace sni::routing
