// First pass over the Gateway API's objects: which Gateways are ours, and which listeners they and
// the ListenerSets that they allow have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/routing/listeners/routed.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// Points into the manifest.
struct OwnListener {
    const api::Listener* listener = nullptr;
    const api::ListenerSet* set = nullptr;  ///< nullptr: it is the Gateway's own
    const Meta* owner = nullptr;            ///< of the set, or of the Gateway

    const std::string& ns() const { return owner->ns.value; }
    std::string_view kind() const { return set ? std::string_view(set->kind) : "Gateway"; }
    /// As a Gateway's status names it, a set's with the set's namespace and name.
    std::string label() const {
        return set ? owner->path() + "/" + listener->name.value : listener->name.value;
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>(listener->port.value); }
};

struct OwnGateway {
    const api::Gateway* gateway = nullptr;
    std::vector<OwnListener> listeners;         ///< its own first, then those of its ListenerSets
    std::vector<const api::ListenerSet*> sets;  ///< that it allows, the older first
};

struct OwnGateways {
    std::vector<OwnGateway> gateways;  ///< as the files have them
    /// Gateways and ListenerSets, by "kind ns/name": the index of the Gateway that has their
    /// listeners. Nothing: it is somebody else's, or not allowed.
    std::unordered_map<std::string, std::optional<std::size_t>> parents;
    std::vector<const api::Gateway*> remote;       ///< that Istio runs in another cluster
    std::vector<const api::ListenerSet*> refused;  ///< that their Gateway does not allow
    std::map<std::uint16_t, std::string> closed;   ///< Listeners::closed, of somebody else's

    /// The index of the Gateway of ours that has the listeners of a parent.
    std::optional<std::size_t> find(std::string_view kind, const std::string& path) const;
    /// Whether that is a Gateway or a ListenerSet of these files, and none of ours.
    bool is_foreign(const api::Reference& parent) const;
};

/// To `findings` goes which Gateways are of a class that is not ours, and which ListenerSets their
/// Gateway does not allow or are without one.
OwnGateways own_gateways(const Inputs& inputs, Findings& findings);

}  // namespace sni::routing
