#include "lab/httpbin/delay.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/http/number.h"

namespace sni::httpbin {

Result<std::chrono::milliseconds, std::string> parse_delay(std::string_view text) {
    constexpr double kLongest = 10;
    const auto seconds = http::parse_float(text);
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) {
        return std::unexpected(
            fmt::format("\"{}\" is not a number of seconds", printable(text.substr(0, 60))));
    }
    return std::chrono::milliseconds(std::lround(std::min(*seconds, kLongest) * 1000));
}

}  // namespace sni::httpbin
