#include "lab/manifest/documents/written_version.h"

#include <algorithm>
#include <array>

#include "lab/manifest/loose.h"

namespace sni::manifest {

namespace {

std::size_t count(const yaml::Node& document, std::string_view list) {
    const yaml::Node* found = loose::at(document, {"spec", list});
    return found ? found->items().size() : 0;
}

/// v1alpha2 of these let several rules in, and of a TLSRoute no hostnames; what came behind it
/// wants one rule, and hostnames (config/crd/experimental of kubernetes-sigs/gateway-api, v1.6.0).
bool can_say(const yaml::Node& document, std::string_view kind, std::string_view version) {
    constexpr std::array<std::string_view, 3> kOfOneRule = {"TLSRoute", "TCPRoute", "UDPRoute"};
    if (version == "v1alpha2" || std::ranges::find(kOfOneRule, kind) == kOfOneRule.end())
        return true;
    if (kind == "TLSRoute" && count(document, "hostnames") == 0) return false;
    return count(document, "rules") <= 1;
}

}  // namespace

WrittenVersion written_version(const Versions& versions, const yaml::Node& document) {
    const yaml::Node* said = document.find("apiVersion");
    const yaml::Node* kind = document.find("kind");
    if (!said || !kind) return {};
    const std::string_view whole = said->text();
    const std::string_view own = whole.substr(whole.find('/') + 1);
    WrittenVersion best;
    WrittenVersion kept;
    for (const ServedVersion& served : served_versions(versions, kind->text())) {
        const WrittenVersion one{served.version, served.standard, served.since};
        if (served.version == own) kept = one;
        if (best.version.empty() && can_say(document, kind->text(), served.version)) best = one;
    }
    if (kept.version.empty()) {
        return availability(versions, whole, kind->text()).served ? WrittenVersion{.version = own}
                                                                  : best;
    }
    return kept.standard || best.version.empty() || !best.standard ? kept : best;
}

}  // namespace sni::manifest
