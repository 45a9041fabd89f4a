#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

namespace sni::routing {

void GatewayApi::report_listener(const ListenerPlan& planned) {
    const bool conflict = !planned.conflict.empty();
    findings_.error(
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

void GatewayApi::report_lost_port(const ListenerPlan& planned) {
    const api::Listener& listener = *planned.listener;
    const std::string why = fmt::format(
        "listener {} has the port for plain {}; Istio accepts both, and then builds them by age "
        "and name and leaves this one out",
        quote(planned.winner->name.value), planned.winner->protocol.value);
    findings_.error(code::kPortConflict, listener.at,
                    fmt::format("listener {} gets nothing of port {}", quote(listener.name.value),
                                listener.port.value),
                    why, "give one of them another port");
    Lost lost{.port = planned.port(),
              .names = {listener.hostname.value.empty() ? "*" : listener.hostname.value},
              .taken = {},
              .rule = {.kind = std::string(planned.kind()),
                       .ns = planned.owner->ns.value,
                       .name = planned.owner->name.value,
                       .at = listener.at},
              .winner = {},
              .why = why};
    envoy_.listeners.lost.push_back(lost);
    made_.listeners.lost.push_back(std::move(lost));
}

void GatewayApi::report_unsupported(const ListenerPlan& planned) {
    const api::Listener& listener = *planned.listener;
    const std::string& protocol = listener.protocol.value;
    std::string why;
    if (protocol == "TLS") {
        why =
            "of listeners that end TLS it runs those of protocol TLS with one certificate and one "
            "TLSRoute, with one backend that is there, and without certificates of clients";
    } else if (protocol == "TCP") {
        why = "it plays what TLS comes to, where a name decides";
    } else {
        why = fmt::format("what comes by {} is chosen by HTTP's own rules, not by SNI", protocol);
    }
    findings_.error(
        code::kUnsupported, listener.protocol.at,
        fmt::format("the lab does not run listener {}, which {}", quote(listener.name.value),
                    protocol == "HTTP" || protocol == "TCP" ? "has no TLS" : "ends TLS itself"),
        std::move(why), {});
}

void GatewayApi::report_refused_set(const api::ListenerSet& set) {
    findings_.error(
        code::kListener, set.parent.to.name.at,
        fmt::format("Gateway {} takes no listeners of {} {}: NotAllowed",
                    quote(set.parent.to.path()), set.kind, quote(set.meta.path())),
        "allowedListeners of the Gateway excludes its namespace; left out it allows none at all",
        "write allowedListeners: {namespaces: {from: All}} in the Gateway's spec, or Same");
}

void GatewayApi::report_not_attached(const api::Route& route, const api::ParentRef& parent,
                                     Step step) {
    std::string why;
    if (step == Step::section) {
        why = parent.section.value.empty() && !parent.port
                  ? "it has no listener that routes find"
                  : "it has no listener with this sectionName and port that routes find";
    }
    if (step == Step::hostname) why = "no listener's hostname has a name in common with it";
    if (step == Step::allowed) {
        why =
            "allowedRoutes of the listener excludes its namespace or kind; without it only the "
            "namespace of whoever has the listener may attach";
        if (!inputs_.setting.versions.ends_tls_for_tls_routes()) {
            why += fmt::format(
                "; to a listener that ends TLS no TLSRoute comes before Istio 1.30, "
                "and this is {}",
                istio_text(inputs_.setting.versions));
        }
    }
    findings_.error(code::kNotAttached, parent.to.name.at,
                    fmt::format("{} {} does not take TLSRoute {}: {}", parent.to.kind.value,
                                quote(parent.to.path()), quote(route.meta.path()), reason_of(step)),
                    std::move(why));
}

void GatewayApi::report_backends(const api::Route& route) {
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            if (backend.weight.value == 0) continue;
            const Trouble trouble = trouble_of(view(), route, backend);
            const Target target = backend_target(view(), route, backend);
            const bool port = target.missing == Target::Missing::port;
            const bool leads_on = target.problem.empty() || port;
            if ((trouble.reason.empty() && !port) || !told_.insert(backend.to.at).second) continue;
            if (!trouble.reason.empty() && !(trouble.reason == "BackendNotFound" && leads_on))
                report_backend(route, backend, trouble.reason);
            if (port) report_port(route, backend);
        }
    }
}

void GatewayApi::report_backend(const api::Route& route, const api::BackendRef& backend,
                                const std::string& reason) {
    // Where the files show none of the namespace's Services, it may be in others; and so may a
    // host.
    const bool hostname = backend.to.kind.value == "Hostname";
    const bool known =
        reason != "BackendNotFound" ||
        (!hostname && std::ranges::any_of(manifest_.services, [&](const Service& service) {
            return service.meta.ns.value == backend.to.ns.value;
        }));
    if (!known) {
        return findings_.add(
            inputs_.unknown, code::kBackendRef, backend.to.at,
            fmt::format("{} {} of TLSRoute {} is not in these files", backend.to.kind.value,
                        quote(hostname ? backend.to.name.value : backend.to.path()),
                        quote(route.meta.path())),
            "without it, its share of the connections is refused");
    }
    const bool fatal = reason == "InvalidDestination";
    findings_.error(
        code::kBackendRef, backend.to.at,
        fmt::format("TLSRoute {} cannot use {} {}: {}", quote(route.meta.path()),
                    backend.to.kind.value, quote(backend.to.path()), reason),
        fatal ? "Istio then makes nothing at all of the route: its names are free for others"
              : "its share of the connections is refused",
        reason == "RefNotPermitted" && backend.to.kind.value == "ServiceImport"
            ? std::string("name the Service instead, and add a ReferenceGrant in its namespace: "
                          "Istio heeds none for a ServiceImport")
        : reason == "RefNotPermitted"
            ? fmt::format("add a ReferenceGrant in namespace {}, where the Service is",
                          backend.to.ns.value)
        : fatal ? "a Service goes by its name and a port, a Hostname without a namespace"
                : std::string());
}

void GatewayApi::report_port(const api::Route& route, const api::BackendRef& backend) {
    const bool hostname = backend.to.kind.value == "Hostname";
    findings_.error(
        code::kBackendRef, backend.to.at,
        fmt::format("TLSRoute {} cannot use {} {}: it has no port {}", quote(route.meta.path()),
                    backend.to.kind.value,
                    quote(hostname ? backend.to.name.value : backend.to.path()),
                    backend.port ? backend.port->value : 0),
        "its share of the connections is refused, although Istio, which looks for the Service "
        "alone, writes ResolvedRefs True");
}

void GatewayApi::report_taken(const api::Route& route, const std::vector<Text>& names,
                              const Text& taken, std::uint16_t port, const Rule& owner) {
    Lost lost{
        .port = port, .names = {}, .taken = taken.value, .rule = rule_of(route), .winner = owner};
    std::vector<std::string> others;
    for (const Text& name : names) {
        lost.names.push_back(name.value);
        if (name.value != taken.value && others.size() < 5) others.push_back(name.value);
    }
    envoy_.listeners.lost.push_back(lost);
    made_.listeners.lost.push_back(std::move(lost));
    const bool own = owner == rule_of(route);
    findings_.add(
        Level::warning, code::kDuplicateSni, taken.at,
        fmt::format("the name {} has a rule on port {} already, so {}", quote(taken.value), port,
                    own ? "this route gets nothing at its other listener"
                        : "this route gets no name of its listener"),
        own ? fmt::format("two listeners of the port lead to this route, and Istio skips a match "
                          "whole where one name is taken{}{}",
                          others.empty() ? "" : "; lost with it: ", fmt::join(others, ", "))
            : fmt::format("{} comes first: the Gateway's own namespace does, then what is older, "
                          "then by name and namespace{}{}",
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
    findings_.add(
        inputs_.unknown, code::kNoRoute, planned.listener->port.at,
        fmt::format("no TLSRoute of these files is attached to listener {} of Gateway {}",
                    quote(planned.listener->name.value), quote(plan.gateway->meta.path())),
        "Istio opens no listener then, and clients are refused",
        "add a TLSRoute with parentRefs to this Gateway");
}

}  // namespace sni::routing
