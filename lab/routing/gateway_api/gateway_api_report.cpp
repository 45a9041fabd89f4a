#include "lab/routing/gateway_api/gateway_api_report.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_backends.h"
#include "lab/routing/gateway_api/gateway_api_no_parent.h"

namespace sni::routing {

namespace {

void report_not_attached(const RouteParent& parent, Step step, const Versions& versions,
                         Findings& findings) {
    const api::ParentRef& ref = *parent.ref;
    std::string why;
    if (step == Step::section) {
        why = ref.section.value.empty() && !ref.port
                  ? "it has no listener that routes find"
                  : "it has no listener with this sectionName and port that routes find";
    }
    if (step == Step::hostname) why = "no listener's hostname has a name in common with it";
    if (step == Step::allowed) {
        why =
            "allowedRoutes of the listener excludes its namespace or kind; without it only the "
            "namespace of whoever has the listener may attach";
        if (!versions.ends_tls_for_tls_routes()) {
            why += fmt::format(
                "; to a listener that ends TLS no TLSRoute comes before Istio 1.30, "
                "and this is {}",
                istio_text(versions));
        }
    }
    findings.error(
        code::kNotAttached, ref.to.name.at,
        fmt::format("{} {} does not take TLSRoute {}: {}", ref.to.kind.value, quote(ref.to.path()),
                    quote(parent.route->meta.path()), reason_of(step)),
        std::move(why));
}

void report_assumed(const RouteParent& parent, const Inputs& inputs, Findings& findings) {
    const api::ParentRef& ref = *parent.ref;
    const Meta& meta = parent.route->meta;
    findings.add(inputs.unknown, code::kNotAttached, ref.to.name.at,
                 fmt::format("Namespace {} is not in these files, and {} {} asks for labels of it",
                             quote(meta.ns.value), ref.to.kind.value, quote(ref.to.path())),
                 fmt::format("TLSRoute {} is taken to be attached: allowedRoutes of the listener "
                             "chooses namespaces by their labels",
                             quote(meta.path())),
                 "give the file that has the Namespace as well");
}

/// By its path, or a host by itself.
std::string backend_text(const api::Reference& to) {
    return quote(to.kind.value == "Hostname" ? to.name.value : to.path());
}

std::string hint_for(const api::Reference& to, const std::string& reason) {
    if (reason == "InvalidDestination")
        return "a Service goes by its name and a port, a Hostname without a namespace";
    if (reason != "RefNotPermitted") return {};
    if (to.kind.value == "ServiceImport")
        return "name the Service instead, and add a ReferenceGrant in its namespace: Istio heeds "
               "none for a ServiceImport";
    return fmt::format("add a ReferenceGrant in namespace {}, where the Service is", to.ns.value);
}

void report_backend(const Inputs& inputs, const api::Route& route, const api::Reference& to,
                    const std::string& reason, Findings& findings) {
    // Where the files show none of the namespace's Services, it may be in others; and so may a
    // host.
    const bool known = reason != "BackendNotFound" ||
                       (to.kind.value != "Hostname" &&
                        std::ranges::any_of(inputs.manifest.services, [&](const Service& service) {
                            return service.meta.ns.value == to.ns.value;
                        }));
    if (!known) {
        return findings.add(inputs.unknown, code::kBackendRef, to.at,
                            fmt::format("{} {} of TLSRoute {} is not in these files", to.kind.value,
                                        backend_text(to), quote(route.meta.path())),
                            "without it, its share of the connections is refused");
    }
    findings.error(
        code::kBackendRef, to.at,
        fmt::format("TLSRoute {} cannot use {} {}: {}", quote(route.meta.path()), to.kind.value,
                    quote(to.path()), reason),
        reason == "InvalidDestination"
            ? "Istio then makes nothing at all of the route: its names are free for others"
            : "its share of the connections is refused",
        hint_for(to, reason));
}

void report_port(const api::Route& route, const api::BackendRef& backend, Findings& findings) {
    const api::Reference& to = backend.to;
    findings.error(
        code::kBackendRef, to.at,
        fmt::format("TLSRoute {} cannot use {} {}: it has no port {}", quote(route.meta.path()),
                    to.kind.value, backend_text(to), backend.port ? backend.port->value : 0),
        "its share of the connections is refused, although Istio, which looks for the Service "
        "alone, writes ResolvedRefs True");
}

/// One that `reported` has was told of with another parent.
void report_backends(const ServicesView& view, const api::Route& route, std::set<Spot>& reported,
                     Findings& findings) {
    for (const api::RouteRule& rule : route.rules) {
        for (const api::BackendRef& backend : rule.backends) {
            if (backend.weight.value == 0) continue;
            const Trouble trouble = trouble_of(view, route, backend);
            const Target target = backend_target(view, route, backend);
            const bool port = target.missing == Target::Missing::port;
            const bool leads_on = target.problem.empty() || port;
            if ((trouble.reason.empty() && !port) || !reported.insert(backend.to.at).second)
                continue;
            if (!trouble.reason.empty() && !(trouble.reason == "BackendNotFound" && leads_on))
                report_backend(view.inputs, route, backend.to, trouble.reason, findings);
            if (port) report_port(route, backend, findings);
        }
    }
}

void report_listener(const JudgedListener& judged, Findings& findings) {
    const api::Listener& listener = *judged.listener;
    if (judged.conflict.empty()) {
        return findings.error(code::kListener, listener.protocol.at,
                              fmt::format("listener {} is not accepted: {}",
                                          quote(listener.name.value), judged.unaccepted),
                              "Istio has no listener of this protocol", "write protocol: TLS");
    }
    const api::Listener& winner = *judged.winner;
    findings.error(
        code::kListener, listener.at,
        fmt::format("listener {} is not accepted: {}", quote(listener.name.value), judged.conflict),
        fmt::format(
            "listener {} comes first on port {}, with protocol {}{}; Istio keeps the "
            "first, others may take both away",
            quote(winner.name.value), winner.port.value, winner.protocol.value,
            winner.hostname.value == listener.hostname.value ? " and the same hostname" : ""),
        "give one of them another port");
}

}  // namespace

void report_routes(const ServicesView& view, const std::vector<RouteParent>& parents,
                   Findings& findings) {
    std::set<Spot> reported_backends;
    for (const RouteParent& parent : parents) {
        const api::Route& route = *parent.route;
        if (route.kind != "TLSRoute" || parent.kind == RouteParent::Kind::mesh) continue;
        if (parent.kind == RouteParent::Kind::missing) {
            report_no_parent(fmt::format("TLSRoute {}", quote(route.meta.path())), *parent.ref,
                             view.inputs, findings);
            continue;
        }
        const Step step = parent.step.value_or(Step::section);
        if (step == Step::assumed) report_assumed(parent, view.inputs, findings);
        if (!is_attached(step))
            report_not_attached(parent, step, view.inputs.environment.versions, findings);
        report_backends(view, route, reported_backends, findings);
    }
}

void report_refused_listeners(const std::vector<JudgedGateway>& gateways, Findings& findings) {
    for (const JudgedGateway& gateway : gateways) {
        for (const JudgedListener& judged : gateway.listeners) {
            if (!judged.conflict.empty() || !judged.unaccepted.empty())
                report_listener(judged, findings);
        }
    }
}

}  // namespace sni::routing
