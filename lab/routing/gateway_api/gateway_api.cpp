#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_no_parent.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

namespace sni::routing {

RoutedPart route_gateway_api(const Inputs& inputs, Findings& findings) {
    return GatewayApi(inputs, findings).run();
}

namespace {

constexpr std::string_view kController = "istio.io/gateway-controller";
/// Of Gateways that Istio runs in another cluster.
constexpr std::string_view kRemoteController = "istio.io/unmanaged-gateway";

const api::GatewayClass* class_of(const Manifest& manifest, const api::Gateway& gateway) {
    const auto found = std::ranges::find_if(
        manifest.gateway_classes,
        [&](const api::GatewayClass& c) { return c.meta.name.value == gateway.class_name.value; });
    return found == manifest.gateway_classes.end() ? nullptr : &*found;
}

}  // namespace

GatewayApi::GatewayApi(const Inputs& inputs, Findings& findings)
    : inputs_(inputs),
      findings_(findings),
      manifest_(inputs.manifest),
      services_(&inputs.views.of(inputs.setting.gateway_namespace)),
      labels_(inputs.manifest) {}

RoutedPart GatewayApi::run() {
    for (const api::Gateway& gateway : manifest_.api_gateways) {
        plan(gateway);
    }
    // Older sets come first where their listeners conflict; of one age namespace and name decide.
    std::vector<const api::ListenerSet*> sets = by_age(manifest_.listener_sets);
    std::ranges::stable_sort(sets, {}, [](const api::ListenerSet* set) {
        return std::tuple(set->meta.created.empty(), std::string_view(set->meta.created),
                          set->meta.path());
    });
    for (const api::ListenerSet* set : sets) {
        add_set(*set);
    }
    for (ApiPlan& plan : plans_) {
        find_conflicts(plan);
    }
    for (const auto* routes : {&manifest_.tls_routes, &manifest_.other_routes}) {
        for (const api::Route& route : *routes) {
            for (const api::ParentRef& parent : route.parents) {
                attach(route, parent);
            }
        }
    }
    for (const ApiPlan& plan : plans_) {
        tell_status(plan);
    }
    std::ranges::move(of_routes_, std::back_inserter(made_.listeners.conditions));
    for (const api::Gateway* gateway : by_age(manifest_.api_gateways)) {
        const auto found = parents_.find(parent_key("Gateway", gateway->meta.path()));
        if (found == parents_.end()) continue;
        if (const std::optional<std::size_t> plan = found->second) build(plans_[*plan]);
    }
    return std::move(made_);
}

bool GatewayApi::is_ours(const api::Gateway& gateway) const {
    const std::string& name = gateway.class_name.value;
    if (inputs_.setting.gateway_class) return name == *inputs_.setting.gateway_class;
    if (inputs_.setting.any_class) return !is_remote(gateway);
    const api::GatewayClass* found = class_of(manifest_, gateway);
    return found ? found->controller.value == kController : name == "istio";
}

bool GatewayApi::is_remote(const api::Gateway& gateway) const {
    const api::GatewayClass* found = class_of(manifest_, gateway);
    return found ? found->controller.value == kRemoteController
                 : gateway.class_name.value == "istio-remote";
}

void GatewayApi::plan(const api::Gateway& gateway) {
    const auto& only = inputs_.setting.gateway;
    if (only && *only != gateway.meta.path()) return;
    if (!is_ours(gateway)) return leave(gateway);
    ApiPlan plan{.gateway = &gateway, .listeners = {}, .sets = {}};
    add_listeners(plan, gateway.listeners, gateway.meta, nullptr);
    parents_.emplace(parent_key("Gateway", gateway.meta.path()), plans_.size());
    plans_.push_back(std::move(plan));
}

void GatewayApi::leave(const api::Gateway& gateway) {
    const std::string path = gateway.meta.path();
    const bool remote = is_remote(gateway);
    parents_.emplace(parent_key("Gateway", path), std::nullopt);
    for (const api::Listener& listener : gateway.listeners) {
        close({.listener = &listener, .owner = &gateway.meta},
              fmt::format("Gateway {} has class {}, which is {}", quote(path),
                          quote(gateway.class_name.value),
                          remote ? "for gateways of another cluster" : "somebody else's"));
    }
    findings_.add(Level::warning, code::kForeignClass, gateway.class_name.at,
                  fmt::format("Gateway {} is of class {}, which is not run here", quote(path),
                              quote(gateway.class_name.value)),
                  remote ? "with it Istio takes the Gateway for one that another cluster runs"
                         : "a GatewayClass belongs to one controller",
                  "write gatewayClassName: istio");
    if (!remote) return;
    tell("Gateway", gateway.meta, {}, "Accepted", true, "Accepted");
    tell("Gateway", gateway.meta, {}, "Programmed", true, "Programmed");
}

void GatewayApi::add_listeners(ApiPlan& plan, const std::vector<api::Listener>& listeners,
                               const Meta& owner, const api::ListenerSet* set) const {
    for (const api::Listener& listener : listeners) {
        if (listener.port.value == 0) continue;  // reported by the reader
        ListenerPlan planned{.listener = &listener, .set = set, .owner = &owner};
        if (kinds_of(listener).empty()) planned.unaccepted = "UnsupportedProtocol";
        check_references(*plan.gateway, planned);
        plan.listeners.push_back(std::move(planned));
    }
}

void GatewayApi::add_set(const api::ListenerSet& set) {
    const api::Reference& to = set.parent.to;
    if (to.group.value != kGatewayApi || to.kind.value != "Gateway") return;
    const std::string key = parent_key(set.kind, set.meta.path());
    if (is_foreign(to)) {
        parents_.emplace(key, std::nullopt);
        return;
    }
    const auto at = parents_.find(parent_key("Gateway", to.path()));
    const std::optional<std::size_t> planned = at == parents_.end() ? std::nullopt : at->second;
    if (!planned)
        return report_no_parent(fmt::format("{} {}", set.kind, quote(set.meta.path())), set.parent,
                                inputs_, findings_);
    ApiPlan& plan = plans_[*planned];
    const std::string& ns = set.meta.ns.value;
    const api::From from = plan.gateway->listener_sets;
    const bool allowed =
        from == api::From::all || (from == api::From::same && ns == plan.gateway->meta.ns.value) ||
        (from == api::From::selector && labels_.pass(plan.gateway->set_namespaces, ns));
    if (!allowed) {
        parents_.emplace(key, std::nullopt);
        tell(set.kind, set.meta, {}, "Accepted", false, "NotAllowed");
        tell(set.kind, set.meta, {}, "Programmed", false, "NotAllowed");
        return report_refused_set(set);
    }
    plan.sets.push_back(&set);
    parents_.emplace(key, planned);
    add_listeners(plan, set.listeners, set.meta, &set);
}

void GatewayApi::close(const ListenerPlan& planned, std::string why) {
    envoy_.listeners.closed.emplace(planned.port(), why);
    made_.listeners.closed.emplace(planned.port(), std::move(why));
}

}  // namespace sni::routing
