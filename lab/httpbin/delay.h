// The {s} of /delay/{s}.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni::httpbin {

/// Seconds as Python's float() reads them (white space around, exponents), at most ten: more is
/// ten. Negative, infinite and not a number are errors.
Result<std::chrono::milliseconds, std::string> parse_delay(std::string_view text);

}  // namespace sni::httpbin
