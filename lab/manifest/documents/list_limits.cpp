#include "lab/manifest/documents/list_limits.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/gateway_api.h"

namespace sni::manifest {

namespace {

/// From `maxItems` of config/crd/{standard,experimental}/*.yaml at v1.4.1, v1.5.1 and v1.6.0 of
/// kubernetes-sigs/gateway-api. 0: as `most`.
struct Row {
    std::string_view kind;
    std::string_view path;  ///< "*": of each item
    std::size_t most;
    std::size_t before_1_6 = 0;
    std::size_t in_v1alpha2 = 0;
};

constexpr Row kRows[] = {
    {.kind = "Gateway", .path = "spec.addresses", .most = 16},
    {.kind = "Gateway", .path = "spec.listeners", .most = 64},
    {.kind = "Gateway", .path = "spec.listeners.*.allowedRoutes.kinds", .most = 8},
    {.kind = "Gateway", .path = "spec.listeners.*.tls.certificateRefs", .most = 64},
    {.kind = "Gateway",
     .path = "spec.tls.frontend.default.validation.caCertificateRefs",
     .most = 16,
     .before_1_6 = 8},
    {.kind = "Gateway", .path = "spec.tls.frontend.perPort", .most = 64},
    {.kind = "Gateway",
     .path = "spec.tls.frontend.perPort.*.tls.validation.caCertificateRefs",
     .most = 16,
     .before_1_6 = 8},
    {.kind = "ListenerSet", .path = "spec.listeners", .most = 64},
    {.kind = "ListenerSet", .path = "spec.listeners.*.allowedRoutes.kinds", .most = 8},
    {.kind = "ListenerSet", .path = "spec.listeners.*.tls.certificateRefs", .most = 64},
    {.kind = "ReferenceGrant", .path = "spec.from", .most = 16},
    {.kind = "ReferenceGrant", .path = "spec.to", .most = 16},
    {.kind = "TCPRoute", .path = "spec.parentRefs", .most = 32},
    {.kind = "TCPRoute", .path = "spec.rules", .most = 1, .in_v1alpha2 = 16},
    {.kind = "TCPRoute", .path = "spec.rules.*.backendRefs", .most = 16},
    {.kind = "TLSRoute", .path = "spec.hostnames", .most = 1024, .before_1_6 = 16},
    {.kind = "TLSRoute", .path = "spec.parentRefs", .most = 32},
    {.kind = "TLSRoute", .path = "spec.rules", .most = 1, .in_v1alpha2 = 16},
    {.kind = "TLSRoute", .path = "spec.rules.*.backendRefs", .most = 16},
};

/// How many items the object's list may have.
std::size_t most_of(const Row& row, std::string_view version, const Versions& versions) {
    if (row.before_1_6 > 0 && versions.gateway_api < 6) return row.before_1_6;
    if (row.in_v1alpha2 > 0 && version == "v1alpha2") return row.in_v1alpha2;
    return row.most;
}

/// Calls `tell(place, list)` for each list below `node` where `path` leads that has more than
/// `most` items; `node` stands at `above`.
template <class Tell>
void each_longer(const yaml::Node& node, std::string_view path, const std::string& above,
                 std::size_t most, const Tell& tell) {
    if (path.starts_with("*.")) {
        for (std::size_t i = 0; i < node.items().size(); ++i) {
            each_longer(node.items()[i], path.substr(2), fmt::format("{}[{}]", above, i), most,
                        tell);
        }
        return;
    }
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view key = path.substr(0, dot);
    const yaml::Node* below = node.find(key);
    if (!below) return;
    const std::string here = fmt::format("{}{}{}", above, above.empty() ? "" : ".", key);
    if (dot < path.size()) return each_longer(*below, path.substr(dot + 1), here, most, tell);
    if (below->items().size() > most) tell(here, *below);
}

}  // namespace

void check_list_lengths(const yaml::Node& document, std::string_view kind, const Versions& versions,
                        yaml::Findings& findings) {
    const yaml::Node* said = document.find("apiVersion");
    if (!said) return;
    const std::string_view whole = said->text();
    const std::size_t slash = std::min(whole.find('/'), whole.size());
    if (whole.substr(0, slash) != group_of(kind)) return;
    const std::string_view version = whole.substr(std::min(slash + 1, whole.size()));
    // They were the same thing once.
    const std::string_view as = kind == "XListenerSet" ? "ListenerSet" : kind;
    for (const Row& row : kRows) {
        if (row.kind != as) continue;
        const std::size_t most = most_of(row, version, versions);
        each_longer(document, row.path, "", most, [&](const std::string& at, const auto& list) {
            const std::string who = row.before_1_6 > 0
                                        ? fmt::format("of Gateway API 1.{}", versions.gateway_api)
                                        : std::string(version);
            findings.error(code::kValue, list.items()[most].at(),
                           fmt::format("{} has {} items, and {} {} {} takes at most {}", at,
                                       list.items().size(), kind.starts_with('X') ? "an" : "a",
                                       kind, who, most),
                           "kubectl apply is refused");
        });
    }
}

}  // namespace sni::manifest
