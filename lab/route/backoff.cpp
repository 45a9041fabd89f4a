#include "lab/route/backoff.h"

#include <algorithm>

namespace sni::route {

std::chrono::milliseconds rest_after(unsigned refusals) {
    constexpr std::chrono::milliseconds kFirst{1'000};
    constexpr std::chrono::milliseconds kMost{30'000};
    constexpr unsigned kDoublings = 5;  // beyond kMost, and far from an overflow
    if (refusals == 0) return std::chrono::milliseconds(0);
    return std::min(kFirst * (1 << std::min(refusals - 1, kDoublings)), kMost);
}

std::vector<std::size_t> order(const std::vector<Backend>& backends, std::uint64_t turn,
                               const std::function<bool(std::size_t)>& rests) {
    std::vector<std::size_t> awake, resting;
    const auto first = choose(backends, turn);
    for (std::size_t i = 0; first && i < backends.size(); ++i) {
        const std::size_t at = (*first + i) % backends.size();
        if (backends[at].weight > 0) (rests(at) ? resting : awake).push_back(at);
    }
    awake.insert(awake.end(), resting.begin(), resting.end());
    return awake;
}

}  // namespace sni::route
