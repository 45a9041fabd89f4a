#include "lab/routing/istio/istio_missing_gateway.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"

namespace sni::routing {

void MissingGateways::report(const VirtualService& service, const Text& name,
                             const std::string& path, Findings& findings) {
    std::string hint;
    const std::size_t slash = path.find('/');
    const std::string_view own = std::string_view(path).substr(slash + 1);
    for (const Gateway& gateway : inputs_.manifest.gateways) {
        if (gateway.meta.name.value == own) {
            hint = fmt::format("Gateway {} is in namespace {}: write {}", own,
                               gateway.meta.ns.value, gateway.meta.path());
            break;
        }
    }
    if (hint.empty()) {
        if (const auto near = nearest_path(path)) {
            const bool same = near->starts_with(service.meta.ns.value + "/");
            hint =
                fmt::format("did you mean {}?", same ? near->substr(near->find('/') + 1) : *near);
        }
    }
    // Where the files hold no Gateway that it could be, it may be in others.
    const std::string ns = path.substr(0, slash);
    const bool known =
        !hint.empty() || std::ranges::any_of(inputs_.manifest.gateways,
                                             [&](const auto& g) { return g.meta.ns.value == ns; });
    findings.add(known ? Level::error : inputs_.unknown, code::kNotFound, name.at,
                 known ? fmt::format("there is no Gateway {}", quote(path))
                       : fmt::format("Gateway {} is not in these files", quote(path)),
                 {}, std::move(hint));
}

std::optional<std::string> MissingGateways::nearest_path(const std::string& path) {
    constexpr std::size_t kMost = 1'000;
    if (path.size() > 128 || suggestions_left_ == 0) return std::nullopt;
    --suggestions_left_;
    std::vector<std::string> known;
    for (const Gateway& gateway : inputs_.manifest.gateways) {
        if (known.size() < kMost) known.push_back(gateway.meta.path());
    }
    return nearest(path, known);
}

}  // namespace sni::routing
