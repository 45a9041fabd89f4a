#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api_routing.h"

namespace sni::routing {

void GatewayApi::tell_status(const ApiPlan& plan) {
    const Meta& meta = plan.gateway->meta;
    auto& conditions = state_.routing.listeners.conditions;
    const auto tell = [&](std::optional<std::string> listener, std::string_view type, bool status,
                          std::string_view reason) {
        conditions.push_back({.kind = "Gateway",
                              .ns = meta.ns.value,
                              .name = meta.name.value,
                              .parent = {},
                              .listener = std::move(listener),
                              .type = std::string(type),
                              .status = status,
                              .reason = std::string(reason)});
    };
    const auto good = std::ranges::count_if(plan.listeners, &ListenerPlan::serves);
    const bool all = good == std::ssize(plan.listeners);
    tell({}, "Accepted", good > 0, all && good > 0 ? "Accepted" : "ListenersNotValid");
    tell({}, "Programmed", good > 0, good > 0 ? "Programmed" : "Invalid");
    // Of what the Gateway itself refers to; a listener's references are the listener's.
    tell({}, "ResolvedRefs", true, "ResolvedRefs");
    for (const ListenerPlan& planned : plan.listeners) {
        const std::string& name = planned.listener->name.value;
        const bool conflict = !planned.conflict.empty();
        tell(name, "Conflicted", conflict, conflict ? planned.conflict : "NoConflicts");
        tell(name, "Accepted", planned.serves(),
             planned.serves() ? "Accepted"
             : conflict       ? planned.conflict
                              : planned.unaccepted);
        // Nobody looks at what a listener without a port refers to.
        if (!conflict) {
            tell(name, "ResolvedRefs", planned.unresolved.empty(),
                 planned.unresolved.empty() ? "ResolvedRefs" : planned.unresolved);
        }
        const bool certificate = planned.unresolved == "InvalidCertificateRef" ||
                                 planned.unresolved == "RefNotPermitted";
        const bool programmed = planned.serves() && !certificate;
        tell(name, "Programmed", programmed,
             programmed ? "Programmed"
             : conflict ? planned.conflict
                        : "Invalid");
        state_.routing.listeners.attached.push_back(
            {.gateway = meta.path(),
             .listener = name,
             .routes = planned.attached.size() + planned.others.size()});
        if (!planned.serves()) report_listener(planned);
    }
}

void GatewayApi::report_listener(const ListenerPlan& planned) {
    const bool conflict = !planned.conflict.empty();
    state_.findings.error(
        code::kListener, conflict ? planned.listener->at : planned.listener->protocol.at,
        fmt::format("listener {} is not accepted: {}", quote(planned.listener->name.value),
                    conflict ? planned.conflict : planned.unaccepted),
        conflict
            ? fmt::format("listener {} comes first on port {}, with protocol {}{}; Istio keeps "
                          "the first, others may take both away",
                          quote(planned.winner->name.value), planned.winner->port.value,
                          planned.winner->protocol.value,
                          planned.winner->hostname.value == planned.listener->hostname.value
                              ? " and the same hostname"
                              : "")
            : "Istio has no listener of this protocol",
        conflict ? "give one of them another port" : "write protocol: TLS");
}

void GatewayApi::report_no_gateway(const api::TlsRoute& route, const api::ParentRef& parent) {
    if (state_.setting.gateway) return;
    const bool known = std::ranges::any_of(manifest_.api_gateways, [&](const auto& gateway) {
        return gateway.meta.ns.value == parent.to.ns.value;
    });
    state_.findings.add(known ? Level::error : state_.unknown, code::kNotAttached,
                        parent.to.name.at,
                        fmt::format("TLSRoute {} names Gateway {}, which is not in these files",
                                    quote(route.meta.path()), quote(parent.to.path())),
                        {}, "name a Gateway, with its namespace when it is in another one");
}

void GatewayApi::report_not_attached(const api::TlsRoute& route, const api::ParentRef& parent,
                                     Step step) {
    std::string why;
    if (step == Step::section) why = "none of its listeners has this sectionName and port";
    if (step == Step::hostname) why = "no listener's hostname has a name in common with it";
    if (step == Step::allowed) {
        why =
            "allowedRoutes of the listener excludes its namespace or kind; without it only the "
            "Gateway's own namespace may attach";
    }
    state_.findings.error(
        code::kNotAttached, parent.to.name.at,
        fmt::format("Gateway {} does not take TLSRoute {}: {}", quote(parent.to.path()),
                    quote(route.meta.path()), reason_of(step)),
        std::move(why));
}

void GatewayApi::report_unresolved(const api::TlsRoute& route) {
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            if (backend.weight.value == 0) continue;
            const std::string problem = problem_of(route, backend);
            if (problem.empty() || !told_.insert(backend.to.at).second) continue;
            // Where the files show none of the namespace's Services, it may be in others; and so
            // may a host.
            const bool hostname = backend.to.kind.value == "Hostname";
            const bool known =
                problem != "BackendNotFound" ||
                (!hostname && std::ranges::any_of(manifest_.services, [&](const Service& service) {
                    return service.meta.ns.value == backend.to.ns.value;
                }));
            if (!known) {
                state_.findings.add(
                    state_.unknown, code::kBackendRef, backend.to.at,
                    fmt::format("{} {} of TLSRoute {} is not in these files", backend.to.kind.value,
                                quote(hostname ? backend.to.name.value : backend.to.path()),
                                quote(route.meta.path())),
                    "without it, its share of the connections is refused");
                continue;
            }
            state_.findings.error(
                code::kBackendRef, backend.to.at,
                fmt::format("TLSRoute {} cannot use {} {}: {}", quote(route.meta.path()),
                            backend.to.kind.value, quote(backend.to.path()), problem),
                "its share of the connections is refused",
                problem == "RefNotPermitted"
                    ? fmt::format("add a ReferenceGrant in namespace {}, where the Service is",
                                  backend.to.ns.value)
                    : std::string());
        }
    }
}

void GatewayApi::report_taken(const api::TlsRoute& route, const std::vector<Text>& names,
                              const Text& taken, std::uint16_t port, const Rule& owner) {
    Lost lost{
        .port = port, .names = {}, .taken = taken.value, .rule = rule_of(route), .winner = owner};
    std::vector<std::string> others;
    for (const Text& name : names) {
        lost.names.push_back(name.value);
        if (name.value != taken.value && others.size() < 5) others.push_back(name.value);
    }
    envoy_.listeners.lost.push_back(lost);
    state_.routing.listeners.lost.push_back(std::move(lost));
    const bool own = owner == rule_of(route);
    state_.findings.add(
        Level::warning, code::kDuplicateSni, taken.at,
        fmt::format("the name {} has a rule on port {} already, so {}", quote(taken.value), port,
                    own ? "this route gets nothing at its other listener"
                        : "this route gets no name of its listener"),
        own ? fmt::format("two listeners of the port lead to this route, and Istio skips a match "
                          "whole where one name is taken{}{}",
                          others.empty() ? "" : "; lost with it: ", fmt::join(others, ", "))
            : fmt::format("{} comes first: the Gateway's own namespace does, then what is older, "
                          "then by namespace and name{}{}",
                          owner.text(),
                          others.empty() ? "" : "; lost with it: ", fmt::join(others, ", ")),
        "name each host in one route only");
}

void GatewayApi::report_no_route(const ApiPlan& plan, const ListenerPlan& planned) {
    if (plan.gateway->meta.flawed) return;
    const bool excused = std::ranges::any_of(manifest_.tls_routes, [&](const auto& route) {
        return std::ranges::any_of(route.parents, [&](const api::ParentRef& parent) {
            return parent.to.path() == plan.gateway->meta.path();
        });
    });
    const bool alone = std::ranges::none_of(plan.listeners, [&](const ListenerPlan& other) {
        return other.listener->port.value == planned.listener->port.value &&
               !other.attached.empty();
    });
    // A route that names the Gateway was said not to be taken; that is enough.
    if (excused || !alone) return;
    state_.findings.add(
        state_.unknown, code::kNoRoute, planned.listener->port.at,
        fmt::format("no TLSRoute of these files is attached to listener {} of Gateway {}",
                    quote(planned.listener->name.value), quote(plan.gateway->meta.path())),
        "Istio opens no listener then, and clients are refused",
        "add a TLSRoute with parentRefs to this Gateway");
}

}  // namespace sni::routing
