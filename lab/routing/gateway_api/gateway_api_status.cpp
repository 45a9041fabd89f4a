#include "lab/routing/gateway_api/gateway_api_status.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lab/routing/gateway_api/gateway_api_backends.h"
#include "lab/routing/gateway_api/gateway_api_certificates.h"

namespace sni::routing {

namespace {

Condition condition(std::string_view kind, const Meta& meta, std::string_view type, bool status,
                    std::string_view reason) {
    return {.kind = std::string(kind),
            .ns = meta.ns.value,
            .name = meta.name.value,
            .parent = {},
            .listener = {},
            .type = std::string(type),
            .status = status,
            .reason = std::string(reason)};
}

Condition resolved_refs(std::string_view kind, const Meta& meta, const Blame& blame) {
    if (blame.reason.empty()) return condition(kind, meta, "ResolvedRefs", true, "ResolvedRefs");
    Condition made = condition(kind, meta, "ResolvedRefs", false, blame.reason);
    made.culprit = blame.culprit;
    return made;
}

void add_listener_conditions(const JudgedListener& judged, std::vector<Condition>& to) {
    const auto add = [&](Condition made) {
        made.listener = judged.listener->name.value;
        to.push_back(std::move(made));
    };
    const auto tell = [&](std::string_view type, bool status, std::string_view reason) {
        add(condition(judged.kind(), *judged.owner, type, status, reason));
    };
    if (!judged.conflict.empty()) {
        tell("Conflicted", true, judged.conflict);
        tell("Accepted", false, judged.conflict);
        // Nobody looks at the certificates of a listener that lost its port.
        if (judged.odd_kinds) tell("ResolvedRefs", false, "InvalidRouteKinds");
        return tell("Programmed", false, judged.conflict);
    }
    const std::string& uncertified = judged.certificate.reason;
    const bool refused =
        uncertified == "RefNotPermitted" || uncertified.starts_with("InvalidCACertificate");
    tell("Conflicted", false, "NoConflicts");
    tell("Accepted", judged.unaccepted.empty() && !refused,
         !judged.unaccepted.empty() ? judged.unaccepted
         : refused                  ? "NoValidCACertificate"
                                    : "Accepted");
    if (judged.odd_kinds) {
        tell("ResolvedRefs", false, "InvalidRouteKinds");
    } else {
        add(resolved_refs(judged.kind(), *judged.owner, judged.certificate));
    }
    tell("Programmed", uncertified.empty(), uncertified.empty() ? "Programmed" : "Invalid");
}

void add_set_conditions(const JudgedGateway& gateway, const api::ListenerSet& set,
                        std::vector<Condition>& to) {
    const bool good = std::ranges::any_of(gateway.listeners, [&](const JudgedListener& judged) {
        return judged.set == &set && judged.is_valid();
    });
    to.push_back(
        condition(set.kind, set.meta, "Accepted", good, good ? "Accepted" : "ListenersNotValid"));
    to.push_back(condition(set.kind, set.meta, "Programmed", good,
                           good ? "Programmed" : "ListenersNotValid"));
    for (const JudgedListener& judged : gateway.listeners) {
        if (judged.set == &set) add_listener_conditions(judged, to);
    }
}

void add_gateway_conditions(const Inputs& inputs, const JudgedGateway& gateway,
                            std::vector<Condition>& to) {
    const auto own = std::ranges::count(gateway.listeners, nullptr, &JudgedListener::set);
    const auto good = std::ranges::count_if(gateway.listeners, [](const JudgedListener& judged) {
        return !judged.set && judged.is_valid();
    });
    const Meta& meta = gateway.gateway->meta;
    const auto tell = [&](std::string_view type, bool status, std::string_view reason) {
        to.push_back(condition("Gateway", meta, type, status, reason));
    };
    tell("Accepted", good > 0 || own == 0, good == own ? "Accepted" : "ListenersNotValid");
    // The pods and the Service are Istio's own, and are there whatever the listeners are.
    tell("Programmed", true, "Programmed");
    // Of what the Gateway itself refers to; a listener's references are the listener's.
    to.push_back(
        resolved_refs("Gateway", meta, client_certificate_blame(inputs, *gateway.gateway)));
    if (std::ranges::any_of(gateway.gateway->client_checks, &api::ClientCheck::insecure))
        tell("InsecureFrontendValidationMode", true, "ConfigurationChanged");
    for (const JudgedListener& judged : gateway.listeners) {
        if (!judged.set) add_listener_conditions(judged, to);
    }
    for (const api::ListenerSet* set : gateway.sets) {
        add_set_conditions(gateway, *set, to);
    }
}

}  // namespace

std::vector<Condition> gateway_conditions(const Inputs& inputs, const OwnGateways& own,
                                          const std::vector<JudgedGateway>& gateways) {
    std::vector<Condition> all;
    for (const api::Gateway* gateway : own.remote) {
        all.push_back(condition("Gateway", gateway->meta, "Accepted", true, "Accepted"));
        all.push_back(condition("Gateway", gateway->meta, "Programmed", true, "Programmed"));
    }
    for (const api::ListenerSet* set : own.refused) {
        all.push_back(condition(set->kind, set->meta, "Accepted", false, "NotAllowed"));
        all.push_back(condition(set->kind, set->meta, "Programmed", false, "NotAllowed"));
    }
    for (const JudgedGateway& gateway : gateways) {
        add_gateway_conditions(inputs, gateway, all);
    }
    return all;
}

std::vector<Condition> route_conditions(const ServicesView& view,
                                        const std::vector<RouteParent>& parents) {
    std::vector<Condition> all;
    all.reserve(2 * parents.size());
    for (const RouteParent& parent : parents) {
        if (!parent.step) continue;
        const api::Route& route = *parent.route;
        const auto add = [&](std::string_view type, bool status, std::string_view reason) {
            Condition& made =
                all.emplace_back(condition(route.kind, route.meta, type, status, reason));
            made.parent = parent.ref->to.path();
            const std::string& section = parent.ref->section.value;
            if (!section.empty()) made.listener = section;
        };
        add("Accepted", is_attached(*parent.step), reason_of(*parent.step));
        const bool mesh = parent.kind == RouteParent::Kind::mesh;
        const References references =
            references_of(view, route, mesh ? Grants::not_needed : Grants::needed);
        const bool resolved = references.reason.empty();
        add("ResolvedRefs", resolved, resolved ? "ResolvedRefs" : references.reason);
    }
    return all;
}

std::vector<Attached> attached_counts(const Inputs& inputs,
                                      const std::vector<JudgedGateway>& gateways,
                                      const std::vector<std::vector<ListenerRoutes>>& routes) {
    std::vector<Attached> all;
    for (std::size_t i = 0; i < gateways.size(); ++i) {
        for (std::size_t j = 0; j < gateways[i].listeners.size(); ++j) {
            const JudgedListener& judged = gateways[i].listeners[j];
            const ListenerRoutes& own = routes[i][j];
            all.push_back({.gateway = gateways[i].gateway->meta.path(),
                           .listener = judged.label(),
                           .routes = own.tls_routes.size() + own.others.size(),
                           .kinds = supported_kinds(*judged.listener, inputs.environment.versions),
                           .names_kinds = !judged.listener->kinds.empty()});
        }
    }
    return all;
}

}  // namespace sni::routing
