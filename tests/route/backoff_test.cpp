#include "lab/route/backoff.h"

#include <algorithm>
#include <cstdlib>

#include "tests/support/catch.h"

namespace route_backoff_test {

using namespace sni;
using namespace sni::route;
using namespace std::chrono_literals;

namespace {

std::vector<Backend> weighing(std::vector<std::uint32_t> weights) {
    std::vector<Backend> backends;
    for (const std::uint32_t weight : weights) {
        backends.push_back({loopback(static_cast<std::uint16_t>(backends.size() + 1)), weight});
    }
    return backends;
}

bool nobody(std::size_t) {
    return false;
}

}  // namespace

TEST_CASE("a backend rests longer with each refusal, half a minute at most", "[route]") {
    CHECK(rest_after(0) == 0ms);
    CHECK(rest_after(1) == 1s);
    CHECK(rest_after(2) == 2s);
    CHECK(rest_after(5) == 16s);
    CHECK(rest_after(6) == 30s);
    CHECK(rest_after(4'000'000'000) == 30s);
}

TEST_CASE("the backend whose turn it is comes first, all others behind it", "[route]") {
    const auto backends = weighing({5, 3, 2});
    for (std::uint64_t turn = 0; turn < 20; ++turn) {
        std::vector<std::size_t> tried = order(backends, turn, nobody);
        CHECK(tried.front() == choose(std::vector<std::uint32_t>{5, 3, 2}, turn)->index);
        std::ranges::sort(tried);
        CHECK(tried == std::vector<std::size_t>{0, 1, 2});
    }
}

TEST_CASE("whoever is left shares by weight what the others do not take", "[route]") {
    struct Case {
        std::vector<std::uint32_t> weights;
        std::size_t down;
        std::uint64_t turns;
        std::vector<int> taken;  // by each
    };
    const auto [weights, down, turns, taken] = GENERATE(values<Case>({
        {{60, 1, 39}, 0, 200, {0, 5, 195}},
        {{1, 1, 1, 1}, 0, 300, {0, 100, 100, 100}},
        {{5, 3, 2}, 0, 100, {0, 60, 40}},
        {{5, 3, 2}, 2, 80, {50, 30, 0}},
        {{1, 0, 1}, 0, 10, {0, 0, 10}},
    }));
    const auto backends = weighing(weights);
    CAPTURE(weights, down);
    std::vector<int> count(weights.size());
    SECTION("where it is known that one rests") {
        for (std::uint64_t turn = 0; turn < turns; ++turn) {
            ++count[order(backends, turn, [&](std::size_t at) { return at == down; }).front()];
        }
        CHECK(count == taken);
    }
    SECTION("and where each connection finds out by itself") {
        // Whole rounds of both kinds of turn: of all, and of the one that is down.
        const std::uint64_t rounds = turns * 100;
        for (std::uint64_t turn = 0; turn < rounds; ++turn) {
            const auto tried = order(backends, turn, nobody);
            ++count[tried[0] == down ? tried[1] : tried[0]];
        }
        for (std::size_t i = 0; i < taken.size(); ++i) {
            CHECK(std::abs(count[i] - 100 * taken[i]) <= taken[i]);
        }
    }
}

TEST_CASE("of many backends that all refuse, every one is tried once", "[route]") {
    const auto backends = weighing(std::vector<std::uint32_t>(1'000, 7));
    std::vector<std::size_t> tried = order(backends, 12'345, nobody);
    std::ranges::sort(tried);
    REQUIRE(tried.size() == 1'000);
    CHECK(std::ranges::adjacent_find(tried) == tried.end());
}

TEST_CASE("a backend that rests is tried behind all that do not", "[route]") {
    const auto backends = weighing({1, 1, 1});
    for (std::uint64_t turn = 0; turn < 6; ++turn) {
        CHECK(order(backends, turn, [](std::size_t at) { return at == 1; }).back() == 1);
    }
}

TEST_CASE("when all rest, all are tried, in their turn", "[route]") {
    const auto backends = weighing({1, 1});
    CHECK(order(backends, 0, [](std::size_t) { return true; }) == order(backends, 0, nobody));
}

TEST_CASE("a backend that weighs nothing is never tried", "[route]") {
    CHECK(order(weighing({0, 1}), 0, nobody) == std::vector<std::size_t>{1});
    CHECK(order(weighing({0, 0}), 0, nobody).empty());
    CHECK(order({}, 0, nobody).empty());
}

}  // namespace route_backoff_test
