#include "lab/admin/prometheus.h"

#include <array>
#include <limits>

#include "tests/support/catch.h"

namespace admin_prometheus_test {

using namespace sni::admin;
using Kind = Family::Kind;

TEST_CASE("a family is its help, its type and a line for each sample", "[admin]") {
    const std::array families{
        Family{Kind::counter,
               "drinks_total",
               "Drinks served.",
               {{3, {{"kind", "tea"}}, {}}, {0, {{"kind", "coffee"}, {"size", "small"}}, {}}}},
        Family{Kind::gauge, "guests", "Guests in the room.", {{12, {}, {}}}}};
    CHECK(to_prometheus(families) ==
          "# HELP drinks_total Drinks served.\n"
          "# TYPE drinks_total counter\n"
          "drinks_total{kind=\"tea\"} 3\n"
          "drinks_total{kind=\"coffee\",size=\"small\"} 0\n"
          "# HELP guests Guests in the room.\n"
          "# TYPE guests gauge\n"
          "guests 12\n");
}

TEST_CASE("quotes, backslashes and newlines cannot end a label or a line", "[admin]") {
    const std::array families{
        Family{Kind::gauge, "x", "a \"b\" \\ c\nd", {{1, {{"name", "a\"b\\c\nd"}}, {}}}}};
    CHECK(to_prometheus(families) ==
          "# HELP x a \"b\" \\\\ c\\nd\n"
          "# TYPE x gauge\n"
          "x{name=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST_CASE("numbers are written whole, exact, and as Prometheus spells what is no number",
          "[admin]") {
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const auto [value, text] = GENERATE_COPY(
        table<double, std::string>({{0, "0"},
                                    {0.1, "0.1"},
                                    {123'456'789'012, "123456789012"},
                                    {kInfinite, "+Inf"},
                                    {-kInfinite, "-Inf"},
                                    {std::numeric_limits<double>::quiet_NaN(), "NaN"}}));
    const std::array families{Family{Kind::gauge, "x", "X.", {{value, {}, {}}}}};
    CHECK(to_prometheus(families) == "# HELP x X.\n# TYPE x gauge\nx " + text + "\n");
}

TEST_CASE("a histogram's buckets count those before them too, and end at infinity", "[admin]") {
    const std::array bounds{0.001, 0.5};
    const std::array<std::uint64_t, 3> counts{4, 0, 2};
    const std::array families{histogram("wait_seconds", "Waited.", bounds, counts, 7.25)};
    CHECK(to_prometheus(families) ==
          "# HELP wait_seconds Waited.\n"
          "# TYPE wait_seconds histogram\n"
          "wait_seconds_bucket{le=\"0.001\"} 4\n"
          "wait_seconds_bucket{le=\"0.5\"} 4\n"
          "wait_seconds_bucket{le=\"+Inf\"} 6\n"
          "wait_seconds_sum 7.25\n"
          "wait_seconds_count 6\n");
}

}  // namespace admin_prometheus_test
