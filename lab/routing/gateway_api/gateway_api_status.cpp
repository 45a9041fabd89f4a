// The conditions that Istio writes (pilot/pkg/config/kube/gateway/conversion.go, buildListener and
// reportGatewayStatus; gatewaycommon/conversion.go, ReportListenerSetStatus).
#include <algorithm>

#include "lab/routing/gateway_api/gateway_api_routing.h"

namespace sni::routing {

void GatewayApi::tell(std::string_view kind, const Meta& meta, std::optional<std::string> listener,
                      std::string_view type, bool status, std::string_view reason) {
    made_.listeners.conditions.push_back({.kind = std::string(kind),
                                          .ns = meta.ns.value,
                                          .name = meta.name.value,
                                          .parent = {},
                                          .listener = std::move(listener),
                                          .type = std::string(type),
                                          .status = status,
                                          .reason = std::string(reason)});
}

void GatewayApi::blame_last(Culprit culprit) {
    made_.listeners.conditions.back().culprit = std::move(culprit);
}

void GatewayApi::tell_status(const ApiPlan& plan) {
    const auto own = std::ranges::count(plan.listeners, nullptr, &ListenerPlan::set);
    const auto good = std::ranges::count_if(plan.listeners, [](const ListenerPlan& planned) {
        return !planned.set && planned.is_valid();
    });
    const Meta& meta = plan.gateway->meta;
    tell("Gateway", meta, {}, "Accepted", good > 0 || own == 0,
         good == own ? "Accepted" : "ListenersNotValid");
    // The pods and the Service are Istio's own, and are there whatever the listeners are.
    tell("Gateway", meta, {}, "Programmed", true, "Programmed");
    // Of what the Gateway itself refers to; a listener's references are the listener's.
    Blame blame = client_certificate_blame(*plan.gateway);
    tell("Gateway", meta, {}, "ResolvedRefs", blame.reason.empty(),
         blame.reason.empty() ? "ResolvedRefs" : blame.reason);
    if (!blame.reason.empty()) blame_last(std::move(blame.culprit));
    if (std::ranges::any_of(plan.gateway->client_checks, &api::ClientCheck::insecure))
        tell("Gateway", meta, {}, "InsecureFrontendValidationMode", true, "ConfigurationChanged");
    for (const ListenerPlan& planned : plan.listeners) {
        if (!planned.set) tell_listener(planned);
    }
    tell_sets(plan);
    for (const ListenerPlan& planned : plan.listeners) {
        made_.listeners.attached.push_back(
            {.gateway = meta.path(),
             .listener = planned.label(),
             .routes = planned.attached.size() + planned.others.size(),
             .kinds = supported_kinds(*planned.listener),
             .names_kinds = !planned.listener->kinds.empty()});
        if (!planned.conflict.empty() || !planned.unaccepted.empty()) report_listener(planned);
    }
}

void GatewayApi::tell_sets(const ApiPlan& plan) {
    for (const api::ListenerSet* set : plan.sets) {
        const bool good = std::ranges::any_of(plan.listeners, [&](const ListenerPlan& planned) {
            return planned.set == set && planned.is_valid();
        });
        tell(set->kind, set->meta, {}, "Accepted", good, good ? "Accepted" : "ListenersNotValid");
        tell(set->kind, set->meta, {}, "Programmed", good,
             good ? "Programmed" : "ListenersNotValid");
        for (const ListenerPlan& planned : plan.listeners) {
            if (planned.set == set) tell_listener(planned);
        }
    }
}

void GatewayApi::tell_listener(const ListenerPlan& planned) {
    const std::string& name = planned.listener->name.value;
    const auto own = [&](std::string_view type, bool status, std::string_view reason) {
        tell(planned.kind(), *planned.owner, name, type, status, reason);
    };
    const auto unresolved = [&] { own("ResolvedRefs", false, "InvalidRouteKinds"); };
    if (!planned.conflict.empty()) {
        own("Conflicted", true, planned.conflict);
        own("Accepted", false, planned.conflict);
        // Nobody looks at the certificates of a listener that lost its port.
        if (planned.odd_kinds) unresolved();
        return own("Programmed", false, planned.conflict);
    }
    const bool refused = planned.uncertified == "RefNotPermitted" ||
                         planned.uncertified.starts_with("InvalidCACertificate");
    own("Conflicted", false, "NoConflicts");
    own("Accepted", planned.unaccepted.empty() && !refused,
        !planned.unaccepted.empty() ? planned.unaccepted
        : refused                   ? "NoValidCACertificate"
                                    : "Accepted");
    const bool certified = planned.uncertified.empty();
    if (planned.odd_kinds) {
        unresolved();
    } else {
        own("ResolvedRefs", certified, certified ? "ResolvedRefs" : planned.uncertified);
        if (planned.culprit) blame_last(*planned.culprit);
    }
    own("Programmed", certified, certified ? "Programmed" : "Invalid");
}

}  // namespace sni::routing
