#include "lab/route/backoff.h"

#include <algorithm>
#include <utility>

namespace sni::route {

std::chrono::milliseconds rest_after(unsigned refusals) {
    constexpr std::chrono::milliseconds kFirst{1'000};
    constexpr std::chrono::milliseconds kMost{30'000};
    constexpr unsigned kDoublings = 5;  // beyond kMost, and far from an overflow
    if (refusals == 0) return std::chrono::milliseconds(0);
    return std::min(kFirst * (1 << std::min(refusals - 1, kDoublings)), kMost);
}

namespace {

/// So many are chosen by weight; where all of them refuse, finding any backend is what counts.
constexpr std::size_t kChosen = 8;

/// Those with a weight, each of which is set to 0 when it is put into `order`.
void put(std::vector<std::uint32_t> weights, std::uint64_t turn, std::vector<std::size_t>& order) {
    for (std::size_t i = 0; i < kChosen; ++i) {
        const auto choice = choose(weights, turn);
        if (!choice) return;
        order.push_back(choice->index);
        weights[choice->index] = 0;
        turn = choice->turn;
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] > 0) order.push_back(i);
    }
}

}  // namespace

std::vector<std::size_t> order(const std::vector<Backend>& backends, std::uint64_t turn,
                               const std::function<bool(std::size_t)>& rests) {
    std::vector<std::uint32_t> awake(backends.size()), resting(backends.size());
    for (std::size_t i = 0; i < backends.size(); ++i) {
        (rests(i) ? resting : awake)[i] = backends[i].weight;
    }
    std::vector<std::size_t> order;
    order.reserve(backends.size());
    put(std::move(awake), turn, order);
    put(std::move(resting), turn, order);
    return order;
}

}  // namespace sni::route
