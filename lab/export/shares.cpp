#include "lab/export/shares.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sni::exporting {

std::vector<Server> divide(const std::vector<Share>& shares) {
    constexpr std::uint64_t kMostParts = 1'000'000;
    std::uint64_t parts = 1;
    for (const Share& share : shares) {
        const std::uint64_t next = std::lcm(parts, std::uint64_t{share.addresses.size()});
        if (next <= kMostParts) parts = next;  // beyond that a rounded share is near enough
    }
    std::vector<std::pair<Endpoint, std::uint64_t>> servers;
    std::uint64_t common = 0;
    std::uint64_t largest = 1;
    for (const Share& share : shares) {
        const std::uint64_t each = share.weight * parts / std::uint64_t{share.addresses.size()};
        common = std::gcd(common, each);
        for (const Endpoint& address : share.addresses) {
            servers.emplace_back(address, each);
        }
    }
    for (auto& [address, weight] : servers) {
        weight /= std::max<std::uint64_t>(common, 1);
        largest = std::max(largest, weight);
    }
    const std::uint64_t too_large = largest / 1'000'000 + 1;
    std::vector<Server> divided;
    divided.reserve(servers.size());
    for (const auto& [address, weight] : servers) {
        const std::uint64_t fits = std::max<std::uint64_t>(weight / too_large, 1);
        divided.push_back({.address = address, .weight = static_cast<std::uint32_t>(fits)});
    }
    return divided;
}

}  // namespace sni::exporting
