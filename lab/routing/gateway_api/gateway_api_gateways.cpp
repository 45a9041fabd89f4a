#include "lab/routing/gateway_api/gateway_api_gateways.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_no_parent.h"
#include "lab/routing/gateway_api/namespace_labels.h"

namespace sni::routing {

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

bool is_remote(const Manifest& manifest, const api::Gateway& gateway) {
    const api::GatewayClass* found = class_of(manifest, gateway);
    return found ? found->controller.value == kRemoteController
                 : gateway.class_name.value == "istio-remote";
}

bool is_ours(const Inputs& inputs, const api::Gateway& gateway) {
    const std::string& name = gateway.class_name.value;
    if (inputs.environment.gateway_class) return name == *inputs.environment.gateway_class;
    if (inputs.environment.any_class) return !is_remote(inputs.manifest, gateway);
    const api::GatewayClass* found = class_of(inputs.manifest, gateway);
    return found ? found->controller.value == kController : name == "istio";
}

std::string parent_key(std::string_view kind, const std::string& path) {
    return fmt::format("{} {}", kind, path);
}

void add_listeners(OwnGateway& own, const std::vector<api::Listener>& listeners, const Meta& owner,
                   const api::ListenerSet* set) {
    for (const api::Listener& listener : listeners) {
        if (listener.port.value == 0) continue;  // reported by the reader
        own.listeners.push_back({.listener = &listener, .set = set, .owner = &owner});
    }
}

void report_foreign(const api::Gateway& gateway, bool remote, Findings& findings) {
    findings.add(Level::warning, code::kForeignClass, gateway.class_name.at,
                 fmt::format("Gateway {} is of class {}, which is not run here",
                             quote(gateway.meta.path()), quote(gateway.class_name.value)),
                 remote ? "with it Istio takes the Gateway for one that another cluster runs"
                        : "a GatewayClass belongs to one controller",
                 "write gatewayClassName: istio");
}

void add_foreign(const api::Gateway& gateway, bool remote, OwnGateways& own) {
    own.parents.emplace(parent_key("Gateway", gateway.meta.path()), std::nullopt);
    for (const api::Listener& listener : gateway.listeners) {
        own.closed.emplace(
            static_cast<std::uint16_t>(listener.port.value),
            fmt::format("Gateway {} has class {}, which is {}", quote(gateway.meta.path()),
                        quote(gateway.class_name.value),
                        remote ? "for gateways of another cluster" : "somebody else's"));
    }
    if (remote) own.remote.push_back(&gateway);
}

void add_gateway(const api::Gateway& gateway, OwnGateways& own) {
    own.parents.emplace(parent_key("Gateway", gateway.meta.path()), own.gateways.size());
    OwnGateway& added = own.gateways.emplace_back();
    added.gateway = &gateway;
    add_listeners(added, gateway.listeners, gateway.meta, nullptr);
}

/// Older sets come first where their listeners conflict; of one age namespace and name decide.
std::vector<const api::ListenerSet*> sets_in_order(const Manifest& manifest) {
    std::vector<const api::ListenerSet*> sets = by_age(manifest.listener_sets);
    std::ranges::stable_sort(sets, {}, [](const api::ListenerSet* set) {
        return std::tuple(set->meta.created.empty(), std::string_view(set->meta.created),
                          set->meta.path());
    });
    return sets;
}

Passes allows(const api::Gateway& gateway, const api::ListenerSet& set,
              const NamespaceLabels& labels) {
    const std::string& ns = set.meta.ns.value;
    switch (gateway.listener_sets) {
        case api::From::same:
            return ns == gateway.meta.ns.value ? Passes::yes : Passes::no;
        case api::From::all:
            return Passes::yes;
        case api::From::none:
            return Passes::no;
        case api::From::selector:
            break;
    }
    return labels.pass(gateway.set_namespaces, ns);
}

void report_refused(const api::ListenerSet& set, Findings& findings) {
    findings.error(
        code::kListener, set.parent.to.name.at,
        fmt::format("Gateway {} takes no listeners of {} {}: NotAllowed",
                    quote(set.parent.to.path()), set.kind, quote(set.meta.path())),
        "allowedListeners of the Gateway excludes its namespace; left out it allows none at all",
        "write allowedListeners: {namespaces: {from: All}} in the Gateway's spec, or Same");
}

void report_assumed(const api::ListenerSet& set, const Inputs& inputs, Findings& findings) {
    findings.add(inputs.unknown, code::kListener, set.parent.to.name.at,
                 fmt::format("Namespace {} is not in these files, and Gateway {} asks for labels "
                             "of it",
                             quote(set.meta.ns.value), quote(set.parent.to.path())),
                 fmt::format("the listeners of {} {} are taken to be allowed: allowedListeners of "
                             "the Gateway chooses namespaces by their labels",
                             set.kind, quote(set.meta.path())),
                 "give the file that has the Namespace as well");
}

void add_set(const api::ListenerSet& set, const Inputs& inputs, const NamespaceLabels& labels,
             OwnGateways& own, Findings& findings) {
    const api::Reference& to = set.parent.to;
    if (to.group.value != kGatewayApi || to.kind.value != "Gateway") return;
    const std::string key = parent_key(set.kind, set.meta.path());
    if (own.is_foreign(to)) {
        own.parents.emplace(key, std::nullopt);
        return;
    }
    const std::optional<std::size_t> at = own.find("Gateway", to.path());
    if (!at) {
        return report_no_parent(fmt::format("{} {}", set.kind, quote(set.meta.path())), set.parent,
                                inputs, findings);
    }
    OwnGateway& gateway = own.gateways[*at];
    const Passes allowed = allows(*gateway.gateway, set, labels);
    if (allowed == Passes::unknown) report_assumed(set, inputs, findings);
    if (allowed == Passes::no) {
        own.parents.emplace(key, std::nullopt);
        own.refused.push_back(&set);
        return report_refused(set, findings);
    }
    own.parents.emplace(key, at);
    gateway.sets.push_back(&set);
    add_listeners(gateway, set.listeners, set.meta, &set);
}

}  // namespace

std::optional<std::size_t> OwnGateways::find(std::string_view kind, const std::string& path) const {
    const auto at = parents.find(parent_key(kind, path));
    return at == parents.end() ? std::nullopt : at->second;
}

bool OwnGateways::is_foreign(const api::Reference& parent) const {
    const auto at = parents.find(parent_key(parent.kind.value, parent.path()));
    return at != parents.end() && !at->second;
}

OwnGateways own_gateways(const Inputs& inputs, Findings& findings) {
    OwnGateways own;
    for (const api::Gateway& gateway : inputs.manifest.api_gateways) {
        const auto& only = inputs.environment.gateway;
        if (only && *only != gateway.meta.path()) continue;
        if (is_ours(inputs, gateway)) {
            add_gateway(gateway, own);
            continue;
        }
        const bool remote = is_remote(inputs.manifest, gateway);
        report_foreign(gateway, remote, findings);
        add_foreign(gateway, remote, own);
    }
    const NamespaceLabels labels(inputs.manifest);
    for (const api::ListenerSet* set : sets_in_order(inputs.manifest)) {
        add_set(*set, inputs, labels, own, findings);
    }
    return own;
}

}  // namespace sni::routing
