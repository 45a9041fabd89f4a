// Lines, and the white space around words, as HTTP/1.x has them. For .cpp files of this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sni::http {

/// Takes one line off the front of `rest`, without its line end, CRLF or LF alone; all of it where
/// there is no line end.
inline std::string_view take_line(std::string_view& rest) {
    const std::size_t newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The line in front of the next CRLF, and `rest` moves behind it; nothing where there is none.
inline std::optional<std::string_view> take_whole_line(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

/// Without spaces and tabs around it: OWS of RFC 9110 §5.6.3.
inline std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The elements of a list with commas (RFC 9110 §5.6.1), without the spaces around them. An empty
/// list has one element, which is empty. The text must outlive it.
class ListElements {
  public:
    explicit ListElements(std::string_view list) : rest_(list) {}

    /// The next element; nothing behind the last.
    std::optional<std::string_view> next() {
        if (ended_) return std::nullopt;
        const std::size_t comma = rest_.find(',');
        const std::string_view element = trim(rest_.substr(0, comma));
        ended_ = comma == std::string_view::npos;
        if (!ended_) rest_.remove_prefix(comma + 1);
        return element;
    }

  private:
    std::string_view rest_;
    bool ended_ = false;
};

}  // namespace sni::http
