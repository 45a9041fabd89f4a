#include "lab/manifest/list_limits.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

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

class Check {
  public:
    /// `what` takes no more: "a TLSRoute v1".
    Check(std::string what, yaml::Findings& findings)
        : what_(std::move(what)), findings_(findings) {}

    /// `path` leads from `node`, which stands at `above`.
    void look(const yaml::Node& node, std::string_view path, const std::string& above,
              std::size_t most) {
        if (path.starts_with("*.")) {
            for (std::size_t i = 0; i < node.items().size(); ++i) {
                look(node.items()[i], path.substr(2), fmt::format("{}[{}]", above, i), most);
            }
            return;
        }
        const std::size_t dot = std::min(path.find('.'), path.size());
        const yaml::Node* below = node.find(path.substr(0, dot));
        if (!below) return;
        const std::string here =
            fmt::format("{}{}{}", above, above.empty() ? "" : ".", path.substr(0, dot));
        if (dot < path.size()) return look(*below, path.substr(dot + 1), here, most);
        const std::size_t count = below->items().size();
        if (count <= most) return;
        findings_.error(
            code::kValue, below->items()[most].at(),
            fmt::format("{} has {} items, and {} takes at most {}", here, count, what_, most),
            "kubectl apply is refused");
    }

  private:
    std::string what_;
    yaml::Findings& findings_;
};

}  // namespace

void check_list_lengths(const yaml::Node& document, std::string_view kind, const Versions& versions,
                        yaml::Findings& findings) {
    const yaml::Node* said = document.find("apiVersion");
    if (!said) return;
    const std::string_view whole = said->text();
    const std::string_view version = whole.substr(whole.find('/') + 1);
    // They were the same thing once.
    const std::string_view as = kind == "XListenerSet" ? "ListenerSet" : kind;
    for (const Row& row : kRows) {
        if (row.kind != as) continue;
        const bool dated = row.before_1_6 > 0 && versions.gateway_api < 6;
        const bool alpha = row.in_v1alpha2 > 0 && version == "v1alpha2";
        const std::string by = row.before_1_6 > 0
                                   ? fmt::format("of Gateway API 1.{}", versions.gateway_api)
                                   : std::string(version);
        Check check(fmt::format("{} {} {}", kind.starts_with('X') ? "an" : "a", kind, by),
                    findings);
        check.look(document, row.path, "",
                   dated   ? row.before_1_6
                   : alpha ? row.in_v1alpha2
                           : row.most);
    }
}

}  // namespace sni::manifest
