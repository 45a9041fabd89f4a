#include "lab/http/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace sni::http {

std::optional<double> parse_float(std::string_view text) {
    constexpr std::string_view kSpace = " \t\n\r\f\v";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
    // from_chars takes a minus but no plus.
    if (text.starts_with('+') && !text.substr(1).starts_with('-')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument)
        return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // Too small rounds to zero, too large to infinity; the sign of the exponent tells which.
        const bool small = text.contains("e-") || text.contains("E-");
        return small ? 0.0
                     : std::copysign(std::numeric_limits<double>::infinity(),
                                     text.starts_with('-') ? -1.0 : 1.0);
    }
    return value;
}

std::optional<std::uint64_t> parse_clamped(std::string_view text, std::uint64_t most) {
    const bool digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::min(value, most) : most;
}

}  // namespace sni::http
