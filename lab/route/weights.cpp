#include "lab/route/weights.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace sni::route {

std::vector<std::uint64_t> weights_of_parts(std::span<const Share> shares) {
    constexpr std::uint64_t kMostMultiple = 1'000'000;
    std::uint64_t multiple = 1;
    for (const Share& share : shares) {
        assert(share.parts > 0 && "whoever divides a weight does so among somebody");
        const std::uint64_t next = std::lcm(multiple, std::uint64_t{share.parts});
        if (next <= kMostMultiple) multiple = next;  // beyond that a rounded share is near enough
    }
    std::vector<std::uint64_t> weights;
    weights.reserve(shares.size());
    for (const Share& share : shares) {
        const std::uint64_t each = share.weight * multiple / std::uint64_t{share.parts};
        weights.push_back(std::max<std::uint64_t>(each, 1));
    }
    return weights;
}

std::vector<std::uint32_t> small_weights(std::span<const std::uint64_t> weights,
                                         std::uint32_t most) {
    std::uint64_t common = 0;
    std::uint64_t largest = 0;
    for (const std::uint64_t weight : weights) {
        common = std::gcd(common, weight);
        largest = std::max(largest, weight);
    }
    common = std::max<std::uint64_t>(common, 1);
    const std::uint64_t too_large = (largest / common + most - 1) / most;
    const std::uint64_t divisor = std::max<std::uint64_t>(too_large, 1);
    std::vector<std::uint32_t> small;
    small.reserve(weights.size());
    for (const std::uint64_t weight : weights) {
        small.push_back(
            static_cast<std::uint32_t>(std::max<std::uint64_t>(weight / common / divisor, 1)));
    }
    return small;
}

}  // namespace sni::route
