#include "lab/yaml/yaml_json.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace sni::yaml {

namespace {

/// The code of "\uXXXX" at `at`, if it is one.
std::optional<std::uint32_t> escape_at(std::string_view json, std::size_t at) {
    if (json.size() < at + 6 || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
    std::uint32_t code = 0;
    const char* const end = json.data() + at + 6;
    const auto [stop, error] = std::from_chars(json.data() + at + 2, end, code, 16);
    return error == std::errc() && stop == end ? std::optional(code) : std::nullopt;
}

}  // namespace

std::size_t end_of_json_object(std::string_view text) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '\'' || c == '#') {
            return 0;  // YAML, in which a brace may mean nothing
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

std::string with_whole_escapes(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    std::size_t blanks = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < json.size();) {
        const auto high = quoted ? escape_at(json, at) : std::nullopt;
        const auto low = high ? escape_at(json, at + 6) : std::nullopt;
        if (high && low && *high >> 10 == 0x36 && *low >> 10 == 0x37) {
            text += fmt::format("\\U{:08x}", 0x10000 + ((*high & 0x3ff) << 10) + (*low & 0x3ff));
            blanks += 2;
            at += 12;
            continue;
        }
        const std::size_t size = quoted && json[at] == '\\' && at + 1 < json.size() ? 2 : 1;
        text += json.substr(at, size);
        if (json[at] == '"') {
            quoted = !quoted;
            text.append(std::exchange(blanks, 0), ' ');
        }
        at += size;
    }
    return text;
}

}  // namespace sni::yaml
