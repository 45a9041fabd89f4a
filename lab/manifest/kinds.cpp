#include "lab/manifest/kinds.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"

namespace sni::manifest {

namespace {

/// `kind: Gateway` exists in two groups, so the group decides with the kind.
constexpr std::array kKinds = {
    KindEntry{"", "v1", "Namespace", read_namespace, {}, false},
    KindEntry{"", "v1", "Secret", read_secret, {}},
    KindEntry{"", "v1", "Service", read_service, {}},
    KindEntry{"", "v1", "Pod", read_pod, {}},
    KindEntry{"", "v1", "Endpoints", read_endpoints, {}},
    KindEntry{"", "v1", "ReplicationController", read_replication_controller, {}},
    KindEntry{"apps", "v1", "Deployment", read_deployment, {}},
    KindEntry{"apps", "v1", "StatefulSet", read_stateful_set, {}},
    KindEntry{"apps", "v1", "DaemonSet", read_daemon_set, {}},
    KindEntry{"apps", "v1", "ReplicaSet", read_replica_set, {}},
    KindEntry{"batch", "v1", "Job", read_job, {}},
    KindEntry{"discovery.k8s.io", "v1", "EndpointSlice", read_endpoint_slice, {}},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "Gateway", read_gateway, code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "VirtualService", read_virtual_service,
              code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "DestinationRule",
              read_destination_rule, code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "ServiceEntry", read_service_entry,
              code::kSchema},
    KindEntry{
        "gateway.networking.k8s.io", "v1 v1beta1", "GatewayClass", read_gateway_class, {}, false},
    KindEntry{"gateway.networking.k8s.io", "v1 v1beta1", "Gateway", read_api_gateway, {}},
    KindEntry{"gateway.networking.k8s.io", "v1 v1alpha3 v1alpha2", "TLSRoute", read_tls_route, {}},
    KindEntry{"gateway.networking.k8s.io",
              "v1 v1beta1 v1alpha2",
              "ReferenceGrant",
              read_reference_grant,
              {}},
};

/// Kinds of the groups above that are read by nobody here and are no misspelling of one that is.
constexpr std::array<std::string_view, 26> kOthers = {"BackendLBPolicy",
                                                      "BackendTLSPolicy",
                                                      "Binding",
                                                      "ComponentStatus",
                                                      "ConfigMap",
                                                      "ControllerRevision",
                                                      "CronJob",
                                                      "Event",
                                                      "GRPCRoute",
                                                      "HTTPRoute",
                                                      "LimitRange",
                                                      "Node",
                                                      "PersistentVolume",
                                                      "PersistentVolumeClaim",
                                                      "PodTemplate",
                                                      "ProxyConfig",
                                                      "ResourceQuota",
                                                      "ServiceAccount",
                                                      "Sidecar",
                                                      "TCPRoute",
                                                      "UDPRoute",
                                                      "WorkloadEntry",
                                                      "WorkloadGroup",
                                                      "XBackendTrafficPolicy",
                                                      "XMesh",
                                                      "List"};

/// Kinds that may change what a gateway does with a name, and that the lab does not play.
constexpr std::array<std::string_view, 3> kNotPlayed = {"EnvoyFilter", "ListenerSet",
                                                        "XListenerSet"};

constexpr std::array kStale = {
    StaleVersion{
        "TLSRoute", "v1alpha2",
        "since Gateway API 1.5 the standard channel serves v1 alone; v1alpha2 is for clusters "
        "with older CRDs of the experimental channel"},
    StaleVersion{"TLSRoute", "v1alpha3",
                 "since Gateway API 1.5 the standard channel serves v1 alone; v1alpha3 is of the "
                 "experimental channel"},
    StaleVersion{"ReferenceGrant", "v1alpha2", "it was replaced by v1beta1 in Gateway API 0.6"},
};

std::string api_version(const KindEntry& entry) {
    const std::string_view version = entry.versions.substr(0, entry.versions.find(' '));
    return entry.group.empty() ? std::string(version) : fmt::format("{}/{}", entry.group, version);
}

bool has_version(const KindEntry& entry, std::string_view version) {
    std::string_view left = entry.versions;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find(' '), left.size());
        if (left.substr(0, end) == version) return true;
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return false;
}

/// "networking.istio.io" and "v1"; the core's kinds have no group.
std::pair<std::string_view, std::string_view> parts_of(std::string_view version) {
    const std::size_t slash = version.find('/');
    if (slash == std::string_view::npos) return {{}, version};
    return {version.substr(0, slash), version.substr(slash + 1)};
}

}  // namespace

const KindEntry* kind_of(std::string_view version, std::string_view kind) {
    const auto [group, number] = parts_of(version);
    for (const KindEntry& entry : kKinds) {
        if (entry.kind == kind && entry.group == group && has_version(entry, number)) return &entry;
    }
    return nullptr;
}

bool is_not_played(std::string_view kind) {
    return std::ranges::find(kNotPlayed, kind) != kNotPlayed.end();
}

const StaleVersion* stale_version(std::string_view version, std::string_view kind) {
    const std::string_view number = parts_of(version).second;
    const auto found = std::ranges::find_if(
        kStale, [&](const StaleVersion& s) { return s.kind == kind && s.version == number; });
    return found == kStale.end() ? nullptr : &*found;
}

std::optional<NearMiss> near_miss(std::string_view version, std::string_view kind) {
    const std::string group(parts_of(version).first);
    std::vector<std::string> groups;
    std::vector<std::string> kinds;
    for (const KindEntry& entry : kKinds) {
        groups.emplace_back(entry.group);
        kinds.emplace_back(entry.kind);
    }
    const bool our_group = std::ranges::find(groups, group) != groups.end();
    const bool early = group == "networking.x-k8s.io";  // what the Gateway API had before
    const std::string meant = early ? "gateway.networking.k8s.io" : group;
    auto named = std::ranges::find_if(
        kKinds, [&](const KindEntry& e) { return e.kind == kind && e.group == meant; });
    if (named == kKinds.end()) named = std::ranges::find(kKinds, kind, &KindEntry::kind);
    if (named != kKinds.end()) {
        // "extensions" was where apps came from.
        const bool mistyped =
            early || (group.size() <= 64 && group.size() > 3 && nearest(group, groups).has_value());
        if (!our_group && !mistyped && named->group != "apps") return std::nullopt;
        return NearMiss{fmt::format("write apiVersion: {}", api_version(*named)), true};
    }
    if (kind.size() > 64 || std::ranges::find(kOthers, kind) != kOthers.end()) return std::nullopt;
    const auto near = our_group ? nearest(kind, kinds) : std::nullopt;
    if (!near) return std::nullopt;
    return NearMiss{fmt::format("did you mean {}?", *near), false};
}

}  // namespace sni::manifest
