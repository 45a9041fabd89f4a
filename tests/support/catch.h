// The one place that includes Catch2, so that 2.13 (Debian 12) and 3.x differ in one file.
#pragma once

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define SNI_LAB_CATCH2_3
#else
#define CATCH_CONFIG_ENABLE_BENCHMARKING
#include <catch2/catch.hpp>
#endif

namespace sni::test {

// Matchers for text, named as Catch's own. In 3.x, Catch's Contains looks for an element of a
// range.

/// Matches a string that has `part` in it.
inline auto Contains(const std::string& part) {
#ifdef SNI_LAB_CATCH2_3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

/// Matches a string that begins with `start`.
inline auto StartsWith(const std::string& start) {
    return Catch::Matchers::StartsWith(start);
}

/// Matches a string that ends with `end`.
inline auto EndsWith(const std::string& end) {
    return Catch::Matchers::EndsWith(end);
}

}  // namespace sni::test
