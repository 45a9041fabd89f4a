#include "lab/http/cookie.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "lab/http/lines.h"

namespace sni::http {

namespace {

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

std::string unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    text = text.substr(1, text.size() - 2);
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
        } else if (i + 3 < text.size() && text[i + 1] <= '3' && is_octal(text[i + 1]) &&
                   is_octal(text[i + 2]) && is_octal(text[i + 3])) {
            plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                       (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[++i];
        }
    }
    return plain;
}

/// Cookie octets of RFC 6265 §4.1.1.
bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && !std::string_view("\",;\\").contains(c);
}

std::string quoted(std::string_view value) {
    if (std::ranges::all_of(value, is_plain)) return std::string(value);
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text += {'\\', c};
        } else if (is_plain(c) || c == ' ') {
            text += c;
        } else {
            text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        }
    }
    return text + '"';
}

}  // namespace

Fields parse_cookies(const Headers& headers) {
    Fields cookies;
    std::unordered_set<std::string_view> seen;  // names, in the headers
    for (const Header& header : headers) {
        if (!same_ignoring_case(header.name, "Cookie")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t equals = std::min(pair.find('='), pair.size());
            const std::string_view name = trim(pair.substr(0, equals));
            if (name.empty() || !seen.insert(name).second) continue;
            const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
            cookies.emplace_back(name, unquoted(trim(value)));
        }
    }
    return cookies;
}

std::optional<Header> set_cookie(std::string_view name, std::string_view value,
                                 std::string_view attributes, std::string_view path) {
    if (!is_token(name)) return std::nullopt;
    return Header{"Set-Cookie", fmt::format("{}={}; {}{}Path={}", name, quoted(value), attributes,
                                            attributes.empty() ? "" : "; ", path)};
}

}  // namespace sni::http
