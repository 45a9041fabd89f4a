// Durations as flags take them: a number and ms, s, m or h.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni {

/// "250ms", "10s", "5m", "1h", and "0"; any other bare number is refused, since its unit would be a
/// guess. At most 30 days.
Result<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);

/// The same for a time in which something has to happen: 0 is refused, since for some it means "at
/// once" and for others "never".
Result<std::chrono::milliseconds, std::string> parse_timeout(std::string_view text);

/// The shortest exact spelling that parse_duration takes.
std::string to_string(std::chrono::milliseconds duration);

}  // namespace sni
