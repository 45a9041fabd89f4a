#include "lab/yaml/separator.h"

#include <cstddef>

namespace sni::yaml {

namespace {

/// Where the line behind the one at `at` begins; the end when there is none.
std::size_t next_line(std::string_view text, std::size_t at) {
    const std::size_t newline = text.find('\n', at);
    return newline == std::string_view::npos ? text.size() : newline + 1;
}

}  // namespace

bool is_separator(std::string_view line) {
    constexpr std::string_view kDashes = "---";
    if (!line.starts_with(kDashes)) return false;
    line.remove_prefix(kDashes.size());
    return line.empty() || line.find_first_of(" \t\r\n") == 0;
}

std::string_view document_from(std::string_view text, int first) {
    std::size_t begin = 0;
    for (int line = 1; line < first && begin < text.size(); ++line) {
        begin = next_line(text, begin);
    }
    std::size_t end = next_line(text, begin);
    while (end < text.size() && !is_separator(text.substr(end)))
        end = next_line(text, end);
    return text.substr(begin, end - begin);
}

}  // namespace sni::yaml
