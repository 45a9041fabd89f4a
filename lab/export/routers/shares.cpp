#include "lab/export/routers/shares.h"

#include <cstddef>
#include <numeric>

#include "lab/route/weights.h"

namespace sni::exporting {

namespace {

/// Their weights in lowest terms.
std::vector<std::uint32_t> units_of(const std::vector<Server>& servers) {
    constexpr std::uint32_t kMostUnits = 1'000;
    std::vector<std::uint64_t> weights;
    weights.reserve(servers.size());
    for (const Server& server : servers) {
        weights.push_back(server.weight);
    }
    return route::small_weights(weights, kMostUnits);
}

}  // namespace

std::vector<Server> divide(const std::vector<Share>& shares) {
    constexpr std::uint32_t kMostWeight = 1'000'000;
    std::vector<std::vector<std::uint32_t>> units;
    std::vector<route::Share> parts;
    for (const Share& share : shares) {
        units.push_back(units_of(share.servers));
        const std::size_t all =
            std::accumulate(units.back().begin(), units.back().end(), std::size_t{0});
        parts.push_back({all, share.weight});
    }
    const std::vector<std::uint64_t> each = route::weights_of_parts(parts);
    std::vector<Server> servers;
    std::vector<std::uint64_t> weights;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        for (std::size_t j = 0; j < shares[i].servers.size(); ++j) {
            servers.push_back(shares[i].servers[j]);
            weights.push_back(each[i] * units[i][j]);
        }
    }
    const std::vector<std::uint32_t> small = route::small_weights(weights, kMostWeight);
    for (std::size_t i = 0; i < small.size(); ++i) {
        servers[i].weight = small[i];
    }
    return servers;
}

}  // namespace sni::exporting
