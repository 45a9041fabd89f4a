// multipart/form-data (RFC 7578) as browsers and curl write it, and as httpbin forgives it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sni::http {

struct Part {
    std::string name;
    std::optional<std::string> filename;  ///< there: the part is a file
    std::string content_type;             ///< empty when it has none
    std::string content;
    bool operator==(const Part&) const = default;
};

/// The boundary parameter of a Content-Type, quotes removed; nothing when there is none.
std::optional<std::string> boundary_of(std::string_view content_type);

/// More parts than these are refused, not read.
constexpr std::size_t kMostParts = 1024;

/// Parts in order. Preamble and epilogue are skipped, lines may end in LF alone. A body without a
/// closing boundary, and a part without a name, give no parts at all. Nothing: there are more than
/// kMostParts.
std::optional<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary);

}  // namespace sni::http
