#include "lab/httpbin/pace.h"

#include "tests/support/catch.h"

namespace httpbin_pace_test {

using namespace sni::httpbin;
using namespace std::chrono_literals;

namespace {

constexpr PaceDefaults kDefaults{
    .count_name = "count", .count = "10", .duration = "5s", .most = 100};

}  // namespace

TEST_CASE("a pace is as the query asks, and else as usual", "[backend]") {
    const auto usual = parse_pace_plan({}, kDefaults);
    REQUIRE(usual);
    CHECK(usual->count == 10);
    CHECK(usual->duration == 5s);
    CHECK(usual->delay == 0s);
    CHECK(usual->jitter == 0s);

    const auto asked = parse_pace_plan(
        {{"count", "7"}, {"duration", "20ms"}, {"delay", "1.5"}, {"jitter", "1h"}}, kDefaults);
    REQUIRE(asked);
    CHECK(asked->count == 7);
    CHECK(asked->duration == 20ms);
    CHECK(asked->delay == 1500ms);
    CHECK(asked->jitter == kLongestPace);
    CHECK(parse_pace_plan({{"count", "1000"}}, kDefaults)->count == 100);
}

TEST_CASE("what is wrong with a pace is named", "[backend]") {
    CHECK(parse_pace_plan({{"count", "x"}}, kDefaults).error() == "count is no number");
    CHECK(parse_pace_plan({{"count", "0"}}, kDefaults).error() ==
          "number of bytes or events must be positive");
    CHECK(parse_pace_plan({{"jitter", "x"}}, kDefaults).error() ==
          "jitter: \"x\" is not a number of seconds");
}

}  // namespace httpbin_pace_test
