#include "lab/http/byte_range.h"

#include <limits>

#include "lab/http/message.h"
#include "lab/http/number.h"

namespace sni::http {

RangeAsked parse_byte_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    if (!same_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return WholeRange();
    header.remove_prefix(kUnit.size());
    const std::size_t dash = header.find('-');
    if (dash == std::string_view::npos) return WholeRange();
    const std::string_view left = header.substr(0, dash);
    const std::string_view right = header.substr(dash + 1);
    const auto from = parse_clamped(left, kMost);
    const auto to = parse_clamped(right, kMost);
    if ((!left.empty() && !from) || (!right.empty() && !to) || (!from && !to)) return WholeRange();

    ByteRange range{from.value_or(0), to.value_or(size - 1)};
    if (!from) {  // the last bytes, as many as `to` says
        if (*to == 0) return UnsatisfiableRange();
        range = {*to < size ? size - *to : 0, size - 1};
    }
    if (range.first > range.last || range.last >= size) return UnsatisfiableRange();
    if (range == ByteRange{0, size - 1}) return WholeRange();
    return range;
}

}  // namespace sni::http
