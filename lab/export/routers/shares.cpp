#include "lab/export/routers/shares.h"

#include <cstddef>

#include "lab/route/weights.h"

namespace sni::exporting {

std::vector<Server> divide(const std::vector<Share>& shares) {
    constexpr std::uint32_t kMostWeight = 1'000'000;
    std::vector<route::Share> parts;
    parts.reserve(shares.size());
    for (const Share& share : shares) {
        parts.push_back({share.addresses.size(), share.weight});
    }
    const std::vector<std::uint64_t> each = route::weights_of_parts(parts);
    std::vector<Server> servers;
    std::vector<std::uint64_t> weights;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        for (const Endpoint& address : shares[i].addresses) {
            servers.push_back({.address = address});
            weights.push_back(each[i]);
        }
    }
    const std::vector<std::uint32_t> small = route::small_weights(weights, kMostWeight);
    for (std::size_t i = 0; i < small.size(); ++i) {
        servers[i].weight = small[i];
    }
    return servers;
}

}  // namespace sni::exporting
