#include "lab/routing/gateway_api/gateway_api_no_parent.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

namespace sni::routing {

void report_no_parent(std::string_view what, const api::ParentRef& parent, const Inputs& inputs,
                      Findings& findings) {
    if (inputs.environment.gateway) return;
    const Manifest& manifest = inputs.manifest;
    const bool set = parent.to.kind.value != "Gateway";
    const std::string& ns = parent.to.ns.value;
    const auto is_there = [&](const auto& object) { return object.meta.ns.value == ns; };
    const bool known = std::ranges::any_of(manifest.api_gateways, is_there) ||
                       (set && std::ranges::any_of(manifest.listener_sets, is_there));
    findings.add(known ? Level::error : inputs.unknown, code::kNotAttached, parent.to.name.at,
                 fmt::format("{} names {} {}, which is not in these files", what,
                             parent.to.kind.value, quote(parent.to.path())),
                 {},
                 set ? "name a ListenerSet, with its namespace when it is in another one"
                     : "name a Gateway, with its namespace when it is in another one");
}

}  // namespace sni::routing
