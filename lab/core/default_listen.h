// Where Gateway ports are served on this machine when nobody says otherwise: one answer for `up`
// and for what is exported.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "lab/core/endpoint.h"

namespace sni {

/// Of `up`: 443 becomes 8443.
inline constexpr std::uint16_t kLabOffset = 8000;
/// Of another router beside a running lab: 443 becomes 9443.
inline constexpr std::uint16_t kRouterOffset = 9000;

/// 127.0.0.1 at each port's own number, or `offset` higher where that is below 1024; at the next
/// number where another of the ports, or one of `taken`, is there already. A port that is in
/// `given` is served there. In the order of `ports`, so that the first one gets what it wants.
std::map<std::uint16_t, Endpoint> default_listen(
    std::span<const std::uint16_t> ports, std::uint16_t offset,
    const std::map<std::uint16_t, Endpoint>& given = {}, std::set<Endpoint> taken = {});

}  // namespace sni
