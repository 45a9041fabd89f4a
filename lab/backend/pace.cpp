#include "lab/backend/pace.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "lab/backend/number.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"

namespace sni::backend {

using std::chrono::milliseconds;

Result<milliseconds, std::string> parse_pace(std::string_view text, milliseconds longest) {
    if (const auto duration = parse_duration(text)) return std::min(*duration, longest);
    const auto seconds = parse_float(text);
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) {
        return std::unexpected(
            fmt::format("\"{}\" is not a number of seconds", printable(text.substr(0, 60))));
    }
    const double most = std::chrono::duration<double>(longest).count();
    return milliseconds(std::lround(std::min(*seconds, most) * 1000));
}

Pace::Pace(Pause pause, milliseconds whole, std::uint64_t steps)
    : pause_(std::move(pause)), whole_(whole), steps_(std::max<std::uint64_t>(steps, 1)) {}

std::uint64_t Pace::due(std::uint64_t done) {
    const double step = static_cast<double>(whole_.count()) / static_cast<double>(steps_);
    if (step <= 0) return steps_;
    const auto when = Clock::duration(std::llround(step * static_cast<double>(done)));
    if (!sleep_until(began_ + when)) return 0;
    const auto passed = static_cast<double>((Clock::now() - began_).count());
    const auto reached = std::min(static_cast<std::uint64_t>(passed / step) + 1, steps_);
    return std::max(reached, done + 1) - done;
}

bool Pace::finish() {
    return sleep_until(began_ + whole_);
}

bool Pace::sleep_until(Clock::time_point when) {
    const auto left = std::chrono::ceil<milliseconds>(when - Clock::now());
    return left.count() <= 0 || pause_(left);
}

}  // namespace sni::backend
