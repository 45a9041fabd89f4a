#include "lab/backend/delay.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "lab/backend/number.h"
#include "lab/core/encoding.h"

namespace sni::backend {

Result<std::chrono::milliseconds, std::string> parse_delay(std::string_view text) {
    constexpr double kLongest = 10;
    const auto seconds = parse_float(text);
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) {
        return std::unexpected(
            fmt::format("\"{}\" is not a number of seconds", printable(text.substr(0, 60))));
    }
    return std::chrono::milliseconds(std::lround(std::min(*seconds, kLongest) * 1000));
}

}  // namespace sni::backend
