// Bytes and events spread over time, for endpoints that answer slowly on purpose.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/result.h"
#include "lab/http/query.h"

namespace sni::httpbin {

/// No answer that is spread over time takes longer, whatever it is asked for.
inline constexpr std::chrono::seconds kLongestPace{10};

/// Seconds as Python's float() reads them (white space around, exponents); more than `longest` is
/// `longest`. Negative, infinite and not a number are errors.
Result<std::chrono::milliseconds, std::string> parse_delay(
    std::string_view text, std::chrono::milliseconds longest = kLongestPace);

/// The same, or a number with a unit (ms, s, m, h).
Result<std::chrono::milliseconds, std::string> parse_pace(std::string_view text,
                                                          std::chrono::milliseconds longest);

/// What /drip and the event streams are asked for: how many, how long, and how long before.
struct PacePlan {
    std::uint64_t count;
    std::chrono::milliseconds duration;
    std::chrono::milliseconds delay;
    std::chrono::milliseconds jitter{0};
};

/// Of a query that does not say it.
struct PaceDefaults {
    std::string_view count_name;
    std::string_view count;
    std::string_view duration;
    std::uint64_t most;
};

/// The error is a sentence.
Result<PacePlan, std::string> parse_pace_plan(const http::Fields& args,
                                              const PaceDefaults& defaults);

/// Tells when the steps of something that lasts `whole` are due. It begins when it is first asked,
/// with the first step due at once, and never sleeps.
class Pace {
  public:
    using Clock = std::chrono::steady_clock;

    Pace(std::chrono::milliseconds whole, std::uint64_t steps);

    /// How long until a step beyond the `done` ones is due; 0: one is now.
    std::chrono::milliseconds until(std::uint64_t done);
    /// How many are due beyond the `done` ones once that time has passed; at least one.
    std::uint64_t due(std::uint64_t done);
    /// How long until the whole time has passed.
    std::chrono::milliseconds rest();

  private:
    Clock::duration passed();

    Clock::duration whole_;
    std::uint64_t steps_;
    std::optional<Clock::time_point> began_;
};

}  // namespace sni::httpbin
