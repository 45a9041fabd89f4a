// The Range header (RFC 9110 §14) as /range reads it. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace sni::http {

struct WholeRange {
    bool operator==(const WholeRange&) const = default;
};
/// First and last byte, both within.
struct ByteRange {
    std::uint64_t first;
    std::uint64_t last;
    bool operator==(const ByteRange&) const = default;
};
struct UnsatisfiableRange {
    bool operator==(const UnsatisfiableRange&) const = default;
};
using RangeAsked = std::variant<WholeRange, ByteRange, UnsatisfiableRange>;

/// `header` for `size` bytes, of which there is at least one. Other units, several ranges and
/// garbage ask for everything, and so does a range that covers it. As httpbin's own tests pin it,
/// an end beyond the last byte is unsatisfiable and not cut.
RangeAsked parse_byte_range(std::string_view header, std::uint64_t size);

}  // namespace sni::http
