// Destinations that share by weight, each with some addresses, as one pool of addresses with
// weights.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/export/routers/proxy_config.h"

namespace sni::exporting {

/// Addresses of one destination, with weights beside each other; one at least.
struct Share {
    std::vector<Server> servers;
    std::uint64_t weight = 1;
};

/// Each destination's weight divided among its addresses, in whole numbers as small as can be.
/// Rounded where they would be more than a million, and never to 0.
std::vector<Server> divide(const std::vector<Share>& shares);

}  // namespace sni::exporting
