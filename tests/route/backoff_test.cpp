#include "lab/route/backoff.h"

#include "tests/support/catch.h"

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

TEST_CASE("the backend whose turn it is comes first, the others behind it", "[route]") {
    const auto backends = weighing({1, 1, 1});
    for (std::uint64_t turn = 0; turn < 6; ++turn) {
        const std::vector<std::size_t> tried = order(backends, turn, nobody);
        const std::size_t first = choose(backends, turn).value();
        CHECK(tried == std::vector{first, (first + 1) % 3, (first + 2) % 3});
    }
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
