#include "lab/core/duration.h"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni {

Result<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
    constexpr std::int64_t kLimit = 30LL * 24 * 3600 * 1000;
    if (text == "0") return std::chrono::milliseconds(0);
    std::int64_t count = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const std::int64_t scale = unit == "ms"  ? 1
                               : unit == "s" ? 1000
                               : unit == "m" ? 60'000
                               : unit == "h" ? 3'600'000
                                             : 0;
    if (error != std::errc{} || count < 0 || scale == 0) {
        return std::unexpected(
            fmt::format("\"{}\" is not a duration; write a number and ms, s, m or h, as in 10s",
                        printable(text)));
    }
    if (count > kLimit / scale) {
        return std::unexpected(fmt::format("\"{}\" is more than 30 days", printable(text)));
    }
    return std::chrono::milliseconds(count * scale);
}

Result<std::chrono::milliseconds, std::string> parse_timeout(std::string_view text) {
    auto duration = parse_duration(text);
    if (duration && duration->count() == 0) {
        return std::unexpected(fmt::format(
            "\"{}\" leaves no time at all; write at least 1ms, as in 10s", printable(text)));
    }
    return duration;
}

std::string to_string(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    if (count == 0 || count % 1000 != 0) return fmt::format("{}ms", count);
    if (count % 3'600'000 == 0) return fmt::format("{}h", count / 3'600'000);
    if (count % 60'000 == 0) return fmt::format("{}m", count / 60'000);
    return fmt::format("{}s", count / 1000);
}

}  // namespace sni
