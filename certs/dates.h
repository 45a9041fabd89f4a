// Dates as flags take them: ISO 8601 in UTC, or relative to now.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni::certs {

/// "2026-11-22", "2026-11-22T07:48", "2026-11-22T07:48:01Z" (a space may stand for the T, and every
/// time is UTC), "now", or "-10d", "+2h" from `now`: a sign, a number and s, m, h or d. Years 1950
/// to 2150, so that a century more still fits into the system clock (2262). The error is a sentence
/// that quotes `text`.
Result<std::chrono::sys_seconds, std::string> parse_time(std::string_view text,
                                                         std::chrono::sys_seconds now);

}  // namespace sni::certs
