#include "certs/dates.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::certs {

namespace {

using std::chrono::sys_seconds;

/// The number that `text` starts with, of exactly `digits` digits, taken off its front.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    unsigned number = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<sys_seconds> relative(std::string_view text, sys_seconds now) {
    if (text == "now") return now;
    if (text.size() < 3 || (text.front() != '-' && text.front() != '+')) return std::nullopt;
    const std::int64_t scale = text.back() == 's'   ? 1
                               : text.back() == 'm' ? 60
                               : text.back() == 'h' ? 3600
                               : text.back() == 'd' ? 86400
                                                    : 0;
    const char* const end = text.data() + text.size() - 1;
    std::uint32_t count = 0;  // 32 bits: times a day it still fits into 64
    const auto [stop, error] = std::from_chars(text.data() + 1, end, count);
    if (scale == 0 || error != std::errc{} || stop != end) return std::nullopt;
    const std::chrono::seconds distance(count * scale);
    return text.front() == '-' ? now - distance : now + distance;
}

std::optional<sys_seconds> absolute(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    const std::chrono::sys_days midnight(date);
    if (text.empty()) return midnight;

    if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute) return std::nullopt;
    const auto second = take(text, ':') ? take_number(text, 2) : 0;
    take(text, 'Z');
    if (!second || !text.empty() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return midnight + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

}  // namespace

Result<sys_seconds, std::string> parse_time(std::string_view text, sys_seconds now) {
    auto time = relative(text, now);
    if (!time) time = absolute(text);
    if (!time) {
        return std::unexpected(fmt::format(
            "\"{}\" is no time; write 2026-11-22, 2026-11-22T07:48:01Z or -10d", printable(text)));
    }
    constexpr std::chrono::sys_days kFirst(std::chrono::year(1950) / 1 / 1);
    constexpr std::chrono::sys_days kEnd(std::chrono::year(2151) / 1 / 1);
    if (*time < kFirst || *time >= kEnd) {
        return std::unexpected(
            fmt::format("\"{}\" is outside the years 1950 to 2150", printable(text)));
    }
    return *time;
}

}  // namespace sni::certs
