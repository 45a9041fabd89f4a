// What repeated measurements say together. Only ratios taken inside one repetition are worth
// comparing: absolute figures drift with the machine's neighbours.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace sni::bench {

/// One value for each repetition; nothing where it could not be measured.
using Series = std::vector<std::optional<double>>;

/// The median and the range that `count` repetitions had.
struct Spread {
    double median = 0;
    double min = 0;
    double max = 0;
    std::size_t count = 0;
    bool operator==(const Spread&) const = default;
};

/// Nothing when no repetition has a value.
std::optional<Spread> summarize(const Series& series);

/// The spread of a/b, each taken inside one repetition. Repetitions that lack one of the two, or
/// where b is not above zero, are left out.
std::optional<Spread> ratio(const Series& a, const Series& b);

/// The smallest of `values` that at least `share` (0 to 1) of them do not exceed: the nearest-rank
/// percentile. Reorders `values`; nothing when there are none.
std::optional<double> percentile(std::span<double> values, double share);

/// Who of `count` comes when in a repetition: each once. What one leaves behind (sockets that wait,
/// memory, a warm cache) is the next one's cost, so none comes behind the same one twice, nor,
/// where `count` is odd, three times, within `count` repetitions (E. J. Williams, 1949).
std::vector<std::size_t> turn_order(std::size_t count, std::size_t repetition);

}  // namespace sni::bench
