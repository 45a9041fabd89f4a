#include "lab/bench/stats.h"

#include <algorithm>
#include <cmath>

namespace sni::bench {

std::optional<Spread> summarize(const Series& series) {
    std::vector<double> values;
    for (const std::optional<double>& value : series) {
        if (value) values.push_back(*value);
    }
    if (values.empty()) return std::nullopt;
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    return Spread{
        .median = median, .min = values.front(), .max = values.back(), .count = values.size()};
}

std::optional<Spread> ratio(const Series& a, const Series& b) {
    Series ratios;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        const std::optional<double>& above = a[i];
        const std::optional<double>& below = b[i];
        if (above && below && *below > 0) ratios.emplace_back(*above / *below);
    }
    return summarize(ratios);
}

std::optional<double> percentile(std::span<double> values, double share) {
    if (values.empty()) return std::nullopt;
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    const auto index = std::min(static_cast<std::size_t>(std::max(rank, 1.0)), values.size()) - 1;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(index);
    std::ranges::nth_element(values, at);
    return *at;
}

std::vector<std::size_t> turn_order(std::size_t count, std::size_t repetition) {
    std::vector<std::size_t> order(count);
    // 0, count - 1, 1, count - 2 and so on: no two neighbours are equally far apart.
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t place = i % 2 == 0 ? i / 2 : count - (i + 1) / 2;
        order[i] = (place + repetition) % count;
    }
    return order;
}

}  // namespace sni::bench
