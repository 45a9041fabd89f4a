// What stands between the quotes of a JSON string. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sni::httpbin {

/// Appends a piece of `text` from `at` on, `most` bytes or a little less, and never a part of a
/// character; returns the place behind it. Quotes, backslashes and control characters are escaped,
/// and what is no UTF-8 becomes U+FFFD.
std::size_t write_escaped(std::string_view text, std::size_t at, std::size_t most,
                          std::string& into);

/// `text` itself where it is UTF-8, else with U+FFFD where it is none.
std::string sound_utf8(std::string text);

}  // namespace sni::httpbin
