#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/lookup/tls_secret.h"
#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api_routing.h"

namespace sni::routing {

void route_gateway_api(RoutingState& state) {
    GatewayApi(state).run();
}

namespace {

constexpr std::string_view kController = "istio.io/gateway-controller";

}  // namespace

GatewayApi::GatewayApi(RoutingState& state) : state_(state), manifest_(state.manifest) {
    for (const Namespace& ns : manifest_.namespaces) {
        namespaces_.emplace(ns.meta.name.value, &ns);
    }
}

void GatewayApi::run() {
    for (const api::Gateway& gateway : manifest_.api_gateways) {
        plan(gateway);
    }
    std::vector<Condition> of_routes;
    for (const api::TlsRoute& route : manifest_.tls_routes) {
        for (const api::ParentRef& parent : route.parents) {
            attach(route, parent, of_routes);
        }
    }
    count_other_routes();
    for (const ApiPlan& plan : plans_) {
        tell_status(plan);
    }
    auto& conditions = state_.routing.listeners.conditions;
    std::ranges::move(of_routes, std::back_inserter(conditions));
    for (const api::Gateway* gateway : by_age(manifest_.api_gateways)) {
        const auto found = plan_at_.find(gateway->meta.path());
        if (found != plan_at_.end()) build(plans_[found->second]);
    }
}

bool GatewayApi::is_ours(const api::Gateway& gateway) const {
    const std::string& name = gateway.class_name.value;
    if (state_.setting.gateway_class) return name == *state_.setting.gateway_class;
    const auto found =
        std::ranges::find_if(manifest_.gateway_classes,
                             [&](const api::GatewayClass& c) { return c.meta.name.value == name; });
    if (found != manifest_.gateway_classes.end()) return found->controller.value == kController;
    return name == "istio";
}

void GatewayApi::plan(const api::Gateway& gateway) {
    const auto& only = state_.setting.gateway;
    if (only && *only != gateway.meta.path()) return;
    if (!is_ours(gateway)) {
        foreign_.insert(gateway.meta.path());
        for (const api::Listener& listener : gateway.listeners) {
            close(listener,
                  fmt::format("Gateway {} has class {}, which is somebody else's",
                              quote(gateway.meta.path()), quote(gateway.class_name.value)));
        }
        state_.findings.add(
            Level::warning, code::kForeignClass, gateway.class_name.at,
            fmt::format("Gateway {} is of class {}, which is not run here",
                        quote(gateway.meta.path()), quote(gateway.class_name.value)),
            "a GatewayClass belongs to one controller", "write gatewayClassName: istio");
        return;
    }
    ApiPlan plan{.gateway = &gateway, .listeners = {}};
    for (const api::Listener& listener : gateway.listeners) {
        if (listener.port.value == 0) continue;  // reported by the reader
        ListenerPlan planned{.listener = &listener};
        const std::string& protocol = listener.protocol.value;
        if (protocol != "TLS" && protocol != "HTTPS" && protocol != "HTTP" && protocol != "TCP") {
            planned.unaccepted = "UnsupportedProtocol";
        }
        check_references(gateway, planned);
        plan.listeners.push_back(std::move(planned));
    }
    find_conflicts(plan);
    plan_at_.emplace(gateway.meta.path(), plans_.size());
    plans_.push_back(std::move(plan));
}

void GatewayApi::close(const api::Listener& listener, std::string why) {
    envoy_.listeners.closed.emplace(static_cast<std::uint16_t>(listener.port.value), why);
    state_.routing.listeners.closed.emplace(static_cast<std::uint16_t>(listener.port.value),
                                            std::move(why));
}

std::vector<std::string_view> GatewayApi::kinds_of(const api::Listener& listener) {
    const std::string& protocol = listener.protocol.value;
    if (protocol == "TLS" && listener.passthrough) return {"TLSRoute"};
    if (protocol == "TLS") return {"TLSRoute", "TCPRoute"};
    if (protocol == "TCP") return {"TCPRoute"};
    if (protocol == "HTTP" || protocol == "HTTPS") return {"HTTPRoute", "GRPCRoute"};
    return {};
}

void GatewayApi::check_references(const api::Gateway& gateway, ListenerPlan& planned) const {
    const api::Listener& listener = *planned.listener;
    const auto known = kinds_of(listener);
    for (const api::RouteKind& kind : listener.kinds) {
        if (kind.group.value != kApiGroup ||
            std::ranges::find(known, kind.kind.value) == known.end()) {
            planned.unresolved = "InvalidRouteKinds";
            return;
        }
    }
    const bool ends = listener.protocol.value == "HTTPS" ||
                      (listener.protocol.value == "TLS" && !listener.passthrough);
    if (!ends) return;
    if (listener.certificates.empty()) planned.unresolved = "InvalidCertificateRef";
    for (const api::Reference& certificate : listener.certificates) {
        if (!planned.unresolved.empty()) return;
        check_certificate(gateway, certificate, planned);
    }
}

void GatewayApi::check_certificate(const api::Gateway& gateway, const api::Reference& to,
                                   ListenerPlan& planned) const {
    if (to.kind.value != "Secret" || !to.group.value.empty()) {
        planned.unresolved = "InvalidCertificateRef";
        planned.uncertified = true;
        return;
    }
    if (!is_granted(kApiGroup, "Gateway", gateway.meta.ns.value, to)) {
        planned.unresolved = "RefNotPermitted";
        planned.uncertified = true;
        return;
    }
    const auto secret = std::ranges::find_if(
        manifest_.secrets, [&](const Secret& s) { return s.meta.path() == to.path(); });
    const bool there = secret != manifest_.secrets.end();
    if (there && tls_secret_problem(*secret).empty()) return;
    planned.unresolved = "InvalidCertificateRef";
    planned.uncertified = there;  // one that is not in these files may be in the cluster
}

namespace {

bool shares_nothing(const std::string& protocol) {
    return protocol == "TCP" || protocol == "UDP";
}

/// Whether `later` gets nothing of the port that `first` has.
bool are_in_conflict(const api::Listener& first, const api::Listener& later) {
    const std::string& one = first.protocol.value;
    const std::string& other = later.protocol.value;
    if (first.port.value != later.port.value || one == other) return false;
    if (shares_nothing(one) || shares_nothing(other)) return true;
    // Of other names Istio tells of no conflict, but plain HTTP that has a port keeps TLS out of it
    // (pilot/pkg/model/gateway.go, mergeGateways).
    return first.hostname.value == later.hostname.value || one == "HTTP";
}

bool is_known(const std::string& protocol) {
    return protocol == "TLS" || protocol == "HTTPS" || protocol == "HTTP" ||
           shares_nothing(protocol);
}

}  // namespace

void GatewayApi::find_conflicts(ApiPlan& plan) {
    for (std::size_t i = 0; i < plan.listeners.size(); ++i) {
        ListenerPlan& later = plan.listeners[i];
        if (!is_known(later.listener->protocol.value)) continue;
        for (std::size_t j = 0; j < i && later.conflict.empty(); ++j) {
            const ListenerPlan& first = plan.listeners[j];
            if (!first.conflict.empty() || !is_known(first.listener->protocol.value) ||
                !are_in_conflict(*first.listener, *later.listener)) {
                continue;
            }
            later.conflict = "ProtocolConflict";
            later.winner = first.listener;
        }
    }
}

}  // namespace sni::routing
