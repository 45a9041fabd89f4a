#include "lab/httpbin/pace.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/http/number.h"

namespace sni::httpbin {

using std::chrono::milliseconds;

Result<milliseconds, std::string> parse_delay(std::string_view text, milliseconds longest) {
    const auto seconds = http::parse_float(text);
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) {
        return std::unexpected(
            fmt::format("\"{}\" is not a number of seconds", printable(text.substr(0, 60))));
    }
    const double most = std::chrono::duration<double>(longest).count();
    return milliseconds(std::lround(std::min(*seconds, most) * 1000));
}

Result<milliseconds, std::string> parse_pace(std::string_view text, milliseconds longest) {
    if (const auto duration = parse_duration(text)) return std::min(*duration, longest);
    return parse_delay(text, longest);
}

Result<PacePlan, std::string> parse_pace_plan(const http::Fields& args,
                                              const PaceDefaults& defaults) {
    const auto text = [&](std::string_view name, std::string_view otherwise) {
        const std::string* given = http::find_field(args, name);
        return given ? *given : std::string(otherwise);
    };
    const auto count =
        http::parse_clamped(text(defaults.count_name, defaults.count), defaults.most);
    if (!count) return std::unexpected(fmt::format("{} is no number", defaults.count_name));
    if (*count == 0) return std::unexpected("number of bytes or events must be positive");
    PacePlan plan{.count = *count, .duration = {}, .delay = {}};
    struct Time {
        std::string_view name;
        std::string_view otherwise;
        milliseconds& into;
    };
    for (const Time& time : {Time{"duration", defaults.duration, plan.duration},
                             Time{"delay", "0", plan.delay}, Time{"jitter", "0", plan.jitter}}) {
        const auto parsed = parse_pace(text(time.name, time.otherwise), kLongestPace);
        if (!parsed) return std::unexpected(fmt::format("{}: {}", time.name, parsed.error()));
        time.into = *parsed;
    }
    return plan;
}

Pace::Pace(milliseconds whole, std::uint64_t steps)
    : whole_(whole), steps_(std::max<std::uint64_t>(steps, 1)) {}

Pace::Clock::duration Pace::passed() {
    const Clock::time_point now = Clock::now();
    if (!began_) began_ = now;
    return now - *began_;
}

milliseconds Pace::until(std::uint64_t done) {
    const double step = static_cast<double>(whole_.count()) / static_cast<double>(steps_);
    const auto when = Clock::duration(std::llround(step * static_cast<double>(done)));
    return std::max(std::chrono::ceil<milliseconds>(when - passed()), milliseconds(0));
}

std::uint64_t Pace::due(std::uint64_t done) {
    const double step = static_cast<double>(whole_.count()) / static_cast<double>(steps_);
    if (step <= 0) return steps_ - done;
    const auto time = static_cast<double>(passed().count());
    const auto reached = std::min(static_cast<std::uint64_t>(time / step) + 1, steps_);
    return std::max(reached, done + 1) - done;
}

milliseconds Pace::rest() {
    return std::max(std::chrono::ceil<milliseconds>(whole_ - passed()), milliseconds(0));
}

}  // namespace sni::httpbin
