#include "lab/bench/stats.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tests/support/catch.h"

namespace bench_stats_test {

using namespace sni::bench;

TEST_CASE("the median of an even number of values lies between the two in the middle", "[bench]") {
    CHECK(summarize({4.0, 1.0, 3.0, 10.0}) == Spread{3.5, 1.0, 10.0, 4});
    CHECK(summarize({7.0, 1.0, 3.0}) == Spread{3.0, 1.0, 7.0, 3});
}

TEST_CASE("repetitions without a value do not count", "[bench]") {
    CHECK(summarize({std::nullopt, 2.0}) == Spread{2.0, 2.0, 2.0, 1});
    CHECK_FALSE(summarize({std::nullopt}));
    CHECK_FALSE(summarize({}));
}

TEST_CASE("a ratio is taken inside each repetition, so that drift between them cancels out",
          "[bench]") {
    // The machine became three times slower for the second repetition; the ratio did not.
    CHECK(ratio({10.0, 30.0}, {20.0, 60.0}) == Spread{0.5, 0.5, 0.5, 2});
    // The ratio of the medians would be 1.
    CHECK(ratio({1.0, 2.0, 3.0}, {2.0, 1.0, 3.0})->median == 1.0);
    CHECK(ratio({1.0, 2.0, 9.0}, {2.0, 8.0, 3.0}) == Spread{0.5, 0.25, 3.0, 3});
}

TEST_CASE("a repetition that lacks one side of a ratio, or divides by nothing, is left out",
          "[bench]") {
    CHECK(ratio({1.0, std::nullopt, 3.0, 4.0}, {2.0, 2.0, std::nullopt, 0.0}) ==
          Spread{0.5, 0.5, 0.5, 1});
    CHECK_FALSE(ratio({1.0}, {}));
}

TEST_CASE("a percentile is a value that was measured, by nearest rank", "[bench]") {
    std::vector<double> values;
    for (int i = 100; i >= 1; --i) {
        values.push_back(i);
    }
    CHECK(percentile(values, 0.5) == 50.0);
    CHECK(percentile(values, 0.99) == 99.0);
    CHECK(percentile(values, 1.0) == 100.0);
    CHECK(percentile(values, 0.0) == 1.0);
    std::vector<double> one{5.0};
    CHECK(percentile(one, 0.99) == 5.0);
    CHECK_FALSE(percentile({}, 0.5));
}

TEST_CASE("everybody has one turn in a repetition, and comes behind everybody in time", "[bench]") {
    for (std::size_t count = 1; count <= 15; ++count) {
        CAPTURE(count);
        std::map<std::pair<std::size_t, std::size_t>, std::size_t> behind;
        for (std::size_t repetition = 0; repetition < count; ++repetition) {
            const std::vector<std::size_t> order = turn_order(count, repetition);
            CHECK(std::set(order.begin(), order.end()).size() == count);
            CHECK(std::ranges::max(order) == count - 1);
            for (std::size_t i = 1; i < count; ++i)
                ++behind[{order[i - 1], order[i]}];
        }
        for (const auto& [pair, times] : behind)
            CHECK(times <= (count % 2 == 0 ? 1 : 2));
    }
    CHECK(turn_order(0, 3).empty());
    CHECK(turn_order(3, 1) == turn_order(3, 4));
}

}  // namespace bench_stats_test
