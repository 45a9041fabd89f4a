// Numbers in paths and queries, as Python's int() and float() read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sni::http {

/// Sign, digits, fraction, exponent; white space around is allowed. "inf" and "nan" are numbers.
std::optional<double> parse_float(std::string_view text);

/// [0-9]+ as a path's int parameter; what is above `most` gives `most`.
std::optional<std::uint64_t> parse_clamped(std::string_view text, std::uint64_t most);

}  // namespace sni::http
