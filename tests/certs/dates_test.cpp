#include "certs/dates.h"

#include "lab/core/cert_facts.h"
#include "tests/support/catch.h"

namespace sni::certs {
namespace {

const std::chrono::sys_seconds kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours(12);

TEST_CASE("times in ISO 8601 and relative to now", "[certs]") {
    const auto [text, meant] = GENERATE(table<std::string, std::string>({
        {"now", "2026-11-22T12:00:00Z"},
        {"-10d", "2026-11-12T12:00:00Z"},
        {"+90s", "2026-11-22T12:01:30Z"},
        {"-1m", "2026-11-22T11:59:00Z"},
        {"+36h", "2026-11-24T00:00:00Z"},
        {"2024-02-29", "2024-02-29T00:00:00Z"},
        {"2026-11-22T07:48", "2026-11-22T07:48:00Z"},
        {"2026-11-22 07:48:01", "2026-11-22T07:48:01Z"},
        {"2026-11-22T07:48:01Z", "2026-11-22T07:48:01Z"},
        {"1950-01-01", "1950-01-01T00:00:00Z"},
        {"2150-12-31", "2150-12-31T00:00:00Z"},
    }));
    CAPTURE(text);
    const auto time = parse_time(text, kNow);
    REQUIRE(time.has_value());
    CHECK(to_string(*time) == meant);
}

TEST_CASE("what is no time is quoted", "[certs]") {
    const std::string text =
        GENERATE(as<std::string>{}, "", "yesterday", "10d", "-d", "-10", "-10w", "-1.5d", "--1d",
                 "2026-02-30", "2026-13-01", "2026-1-1", "26-01-01", "2026-11-22T",
                 "2026-11-22T24:00", "2026-11-22T07:60", "2026-11-22T07:48:61Z",
                 "2026-11-22T07:48:01+01:00", "2026-11-22Z", "-99999999999999999999d");
    CHECK(parse_time(text, kNow).error() ==
          "\"" + text + "\" is no time; write 2026-11-22, 2026-11-22T07:48:01Z or -10d");
}

TEST_CASE("years that a certificate's dates cannot end in are refused", "[certs]") {
    const std::string text = GENERATE(as<std::string>{}, "1949-12-31", "2151-01-01", "0000-01-01",
                                      "9999-12-31", "-4294967295d", "+4294967295d");
    CHECK(parse_time(text, kNow).error() == "\"" + text + "\" is outside the years 1950 to 2150");
}

}  // namespace
}  // namespace sni::certs
