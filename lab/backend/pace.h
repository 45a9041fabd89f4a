// Bytes and events spread over time, for endpoints that answer slowly on purpose.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni::backend {

/// Sleeps; false when there is nobody left to answer.
using Pause = std::function<bool(std::chrono::milliseconds)>;

/// Seconds as Python's float() reads them, or a number with a unit (ms, s, m, h); more than
/// `longest` is `longest`. Negative, infinite and not a number are errors.
Result<std::chrono::milliseconds, std::string> parse_pace(std::string_view text,
                                                          std::chrono::milliseconds longest);

/// Tells when the steps of something that lasts `whole` are due, the first one at once.
class Pace {
  public:
    using Clock = std::chrono::steady_clock;

    Pace(Pause pause, std::chrono::milliseconds whole, std::uint64_t steps);

    /// How many steps are due beyond the `done` ones, at least one: sleeps until that is so.
    /// 0 when there is nobody left to answer.
    std::uint64_t due(std::uint64_t done);
    /// Sleeps until the whole time has passed.
    bool finish();

  private:
    bool sleep_until(Clock::time_point when);

    Pause pause_;
    Clock::duration whole_;
    std::uint64_t steps_;
    Clock::time_point began_ = Clock::now();
};

}  // namespace sni::backend
