#include "lab/routing/gateway_api/gateway_api_grants.h"

#include <algorithm>

namespace sni::routing {

namespace {

/// Istio heeds grants to these kinds of the core group alone, and so opens no ServiceImport of
/// another namespace (pilot/pkg/config/kube/gatewaycommon/references.go).
bool may_be_granted(const api::Reference& to) {
    const std::string& kind = to.kind.value;
    return to.group.value.empty() && (kind == "Service" || kind == "Secret" || kind == "ConfigMap");
}

/// `all`: else the last entry of a kind is the only one.
bool opens(const api::ReferenceGrant& grant, const api::Reference& to, bool all) {
    bool open = false;
    for (const api::ReferenceGrant::What& what : grant.to) {
        if (what.group.value != to.group.value || what.kind.value != to.kind.value) continue;
        const bool named = what.name.value.empty() || what.name.value == to.name.value;
        open = named || (all && open);
    }
    return open;
}

}  // namespace

bool is_granted(const Inputs& inputs, std::string_view kind, const std::string& from,
                const api::Reference& to) {
    if (from == to.ns.value) return true;
    return may_be_granted(to) &&
           std::ranges::any_of(inputs.manifest.reference_grants, [&](const api::ReferenceGrant& g) {
               const bool who = std::ranges::any_of(g.from, [&](const auto& w) {
                   return w.group.value == group_of(kind) && w.kind.value == kind &&
                          w.ns.value == from;
               });
               return who && g.meta.ns.value == to.ns.value &&
                      opens(g, to, inputs.environment.versions.heeds_whole_grants());
           });
}

}  // namespace sni::routing
