// Weights that are divided among several, in whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sni::route {

/// A weight that `parts` share evenly.
struct Share {
    std::size_t parts = 1;  ///< at least one
    std::uint64_t weight = 1;
};

/// For each share what one of its parts weighs: whole numbers in the proportion of the weights,
/// none of them 0. Rounded where the numbers of parts have no common multiple up to a million.
std::vector<std::uint64_t> weights_of_parts(std::span<const Share> shares);

/// The same proportion in numbers as small as can be, from 1 to `most`; only what does not fit
/// otherwise is rounded.
std::vector<std::uint32_t> small_weights(std::span<const std::uint64_t> weights,
                                         std::uint32_t most = UINT32_MAX);

}  // namespace sni::route
