#include "lab/manifest/readers/kinds.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"

namespace sni::manifest {

namespace {

/// Fills an object in by one of the functions of readers.h, and files it in its list. `Read` gets
/// the whole document.
template <auto List, auto Read>
void whole(Fields& document, Meta meta, Manifest& into) {
    typename std::remove_cvref_t<decltype(into.*List)>::value_type object;
    object.meta = std::move(meta);
    Read(document, object);
    document.done();
    object.meta.flawed |= document.in().flawed;
    (into.*List).push_back(std::move(object));
}

/// The same, and `Read` gets the document's spec, which must be there.
template <auto List, auto Read>
void spec(Fields& document, Meta meta, Manifest& into) {
    constexpr auto kRead = [](Fields& fields, auto& object) {
        fields.object("spec", [&](Fields& field) { Read(field, object); }, Need::required);
    };
    whole<List, kRead>(document, std::move(meta), into);
}

using M = Manifest;

constexpr std::string_view kIstio = "networking.istio.io";
constexpr std::string_view kIstioVersions = "v1 v1beta1 v1alpha3";

/// `kind: Gateway` exists in two groups, so the group decides with the kind.
constexpr KindEntry kKinds[] = {
    {"", "v1", "Namespace", whole<&M::namespaces, read_namespace>, {}, false},
    {"", "v1", "Secret", whole<&M::secrets, read_secret>},
    {"", "v1", "Service", spec<&M::services, read_service>},
    {"", "v1", "Pod", whole<&M::deployments, read_pod>},
    {"", "v1", "Endpoints", whole<&M::endpoint_lists, read_endpoints>},
    {"", "v1", "ReplicationController", spec<&M::deployments, read_replication_controller>},
    {"apps", "v1", "Deployment", spec<&M::deployments, read_deployment>},
    {"apps", "v1", "StatefulSet", spec<&M::deployments, read_stateful_set>},
    {"apps", "v1", "DaemonSet", spec<&M::deployments, read_daemon_set>},
    {"apps", "v1", "ReplicaSet", spec<&M::deployments, read_replica_set>},
    {"batch", "v1", "Job", spec<&M::deployments, read_job>},
    {"discovery.k8s.io", "v1", "EndpointSlice", whole<&M::endpoint_lists, read_endpoint_slice>},
    {kIstio, kIstioVersions, "Gateway", whole<&M::gateways, read_gateway>, code::kSchema},
    {kIstio, kIstioVersions, "VirtualService", spec<&M::virtual_services, read_virtual_service>,
     code::kSchema},
    {kIstio, kIstioVersions, "DestinationRule", spec<&M::destination_rules, read_destination_rule>,
     code::kSchema},
    {kIstio, kIstioVersions, "ServiceEntry", spec<&M::service_entries, read_service_entry>,
     code::kSchema},
    {kIstio, kIstioVersions, "WorkloadEntry", spec<&M::other_endpoints, read_workload_entry>,
     code::kSchema},
    {kGatewayApi,
     "v1 v1beta1",
     "GatewayClass",
     spec<&M::gateway_classes, read_gateway_class>,
     {},
     false},
    {kGatewayApi, "v1 v1beta1", "Gateway", spec<&M::api_gateways, read_api_gateway>},
    {kGatewayApi, "v1", "ListenerSet", whole<&M::listener_sets, read_listener_set>},
    {kGatewayApiEarly, "v1alpha1", "XListenerSet", whole<&M::listener_sets, read_listener_set>},
    {kGatewayApi, "v1 v1alpha3 v1alpha2", "TLSRoute", whole<&M::tls_routes, read_tls_route>},
    {kGatewayApi, "v1 v1alpha2", "TCPRoute", whole<&M::other_routes, read_tcp_route>},
    {kGatewayApi, "v1 v1beta1 v1alpha2", "ReferenceGrant",
     spec<&M::reference_grants, read_reference_grant>},
};

struct LooseEntry {
    std::string_view group;
    std::string_view kind;
    LooseReader read;
};
/// Kinds that are left aside but for a part.
constexpr LooseEntry kLoose[] = {
    {"", "ConfigMap", read_config_map},
    {"batch", "CronJob", read_cron_job},
    {kGatewayApi, "HTTPRoute", read_other_route},
    {kGatewayApi, "GRPCRoute", read_other_route},
    {"security.istio.io", "RequestAuthentication", read_request_authentication},
    {"apiextensions.k8s.io", "CustomResourceDefinition", read_crd},
};

/// Kinds of the groups above that are read by nobody here and are no misspelling of one that is.
constexpr std::array<std::string_view, 25> kOthers = {"BackendLBPolicy",
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
                                                      "UDPRoute",
                                                      "WorkloadGroup",
                                                      "XBackend",
                                                      "XBackendTrafficPolicy",
                                                      "XMesh",
                                                      "List"};

/// Kinds that may change what a gateway does with a name, and that the lab does not play.
constexpr std::array<std::string_view, 1> kNotPlayed = {"EnvoyFilter"};

/// What they say can end, refuse or encrypt what a gateway would pass on as it came: RBAC in front
/// of the TCP proxy, TLS of its own towards the Service, filters, and routes of TLS that are
/// NGINX's.
constexpr std::array<std::string_view, 4> kMayMatter = {"AuthorizationPolicy", "BackendTLSPolicy",
                                                        "TransportServer", "WasmPlugin"};

/// Of Kubernetes' own kinds those that are in no namespace, and that are often applied.
constexpr std::array<std::string_view, 15> kClusterScoped = {"APIService",
                                                             "CSIDriver",
                                                             "ClusterRole",
                                                             "ClusterRoleBinding",
                                                             "CustomResourceDefinition",
                                                             "IngressClass",
                                                             "MutatingWebhookConfiguration",
                                                             "Node",
                                                             "PersistentVolume",
                                                             "PriorityClass",
                                                             "RuntimeClass",
                                                             "StorageClass",
                                                             "ValidatingAdmissionPolicy",
                                                             "ValidatingAdmissionPolicyBinding",
                                                             "ValidatingWebhookConfiguration"};

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

LooseReader loose_reader_of(std::string_view version, std::string_view kind) {
    const std::string_view group = parts_of(version).first;
    const auto found = std::ranges::find_if(
        kLoose, [&](const LooseEntry& e) { return e.kind == kind && e.group == group; });
    return found == std::end(kLoose) ? nullptr : found->read;
}

bool is_not_played(std::string_view kind) {
    return std::ranges::find(kNotPlayed, kind) != kNotPlayed.end();
}

bool may_matter(std::string_view kind) {
    return std::ranges::find(kMayMatter, kind) != kMayMatter.end();
}

bool is_cluster_scoped(std::string_view kind) {
    return std::ranges::find(kClusterScoped, kind) != kClusterScoped.end();
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
    const std::string meant = early ? std::string(kGatewayApi) : group;
    auto named = std::ranges::find_if(
        kKinds, [&](const KindEntry& e) { return e.kind == kind && e.group == meant; });
    if (named == std::end(kKinds)) named = std::ranges::find(kKinds, kind, &KindEntry::kind);
    if (named != std::end(kKinds)) {
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
