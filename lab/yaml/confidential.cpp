#include "lab/yaml/confidential.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "lab/core/dns_name.h"
#include "lab/core/pem_text.h"
#include "lab/yaml/separator.h"

namespace sni::yaml {

namespace {

constexpr std::string_view kKind = "kind";
constexpr std::string_view kSecret = "secret";
constexpr std::string_view kBlank = " \t\r\n";

bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_key_char(char c) {
    return is_word_char(c) || c == '-' || c == '_' || c == '.' || c == '/';
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// Takes a word off the front, which may stand between quotes; empty: there is none.
std::string_view take_word(std::string_view& rest, bool (*is_part)(char)) {
    const char quote = !rest.empty() && (rest[0] == '"' || rest[0] == '\'') ? rest[0] : '\0';
    const std::size_t begin = quote ? 1 : 0;
    std::size_t end = begin;
    while (end < rest.size() && is_part(rest[end]))
        ++end;
    const std::string_view word = rest.substr(begin, end - begin);
    if (quote && (end == rest.size() || rest[end] != quote)) return {};
    rest.remove_prefix(end + begin);
    return word;
}

/// Reads the document's own keys, one to a line: those that stand where the first one does.
class OwnKeys {
  public:
    /// In lower case, what the document says that it is; empty: it does not say so in one plain
    /// line, or has lines of which nobody knows what they say.
    static std::string kind_of(std::string_view document) {
        OwnKeys keys;
        while (!document.empty()) {
            const std::size_t end = std::min(document.find('\n'), document.size() - 1) + 1;
            if (!keys.take(document.substr(0, end))) return {};
            document.remove_prefix(end);
        }
        return keys.kind_;
    }

  private:
    bool take(std::string_view line) {
        const std::string_view said = trimmed(line);
        if (said.empty() || said.starts_with('#')) return true;
        if (is_separator(line)) {
            const std::string_view behind = trimmed(said.substr(3));
            return column_ == kNone && (behind.empty() || behind.starts_with('#'));
        }
        const std::size_t column = line.find_first_not_of(' ');
        if (column_ == kNone && said == "{" && !json_) return json_ = true;
        if (column_ == kNone) column_ = column;
        if (column > column_) return true;
        if (json_ && (said[0] == '}' || said[0] == ']')) return true;
        if (column < column_) return false;
        return said.starts_with("- ") || said == "-" || take_key(said);
    }

    bool take_key(std::string_view line) {
        const std::string_view key = take_word(line, is_key_char);
        line = trimmed(line);
        if (key.empty() || !line.starts_with(':')) return false;
        if (to_lower_ascii(key) != kKind) return true;
        line = trimmed(line.substr(1));
        const std::string_view value = take_word(line, is_word_char);
        line = trimmed(line);
        if (line.starts_with(',')) line = trimmed(line.substr(1));
        const bool plain = !value.empty() && kind_.empty() && (line.empty() || line[0] == '#');
        kind_ = to_lower_ascii(value);
        return plain;
    }

    static constexpr std::size_t kNone = std::string_view::npos;
    std::size_t column_ = kNone;  // of the first key
    bool json_ = false;
    std::string kind_;
};

/// Past blanks, comments, and what may stand in front of a value: an anchor, a tag, the head of a
/// block scalar.
std::string_view behind_properties(std::string_view rest) {
    while (!rest.empty()) {
        if (kBlank.contains(rest[0])) {
            rest.remove_prefix(1);
        } else if (rest[0] == '#') {
            rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
        } else if (std::string_view("&!|>").contains(rest[0])) {
            rest.remove_prefix(std::min(rest.find_first_of(kBlank), rest.size()));
        } else {
            break;
        }
    }
    return rest;
}

/// Does `rest`, in lower case, begin as "kind: Secret" does behind its first word? Nothing: it ends
/// before that shows.
std::optional<bool> goes_on_as_secret(std::string_view rest) {
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.remove_prefix(1);
    rest = behind_properties(rest);
    if (rest.empty()) return std::nullopt;
    if (rest[0] != ':') return false;
    rest = behind_properties(rest.substr(1));
    if (rest.empty()) return std::nullopt;
    if (rest[0] == '*') return true;  // an alias may say anything
    if (rest[0] == '"' && rest.substr(0, rest.find('"', 1)).contains('\\')) return true;
    if (rest[0] == '"' || rest[0] == '\'') rest.remove_prefix(1);
    if (!rest.starts_with(kSecret)) return false;
    rest.remove_prefix(kSecret.size());
    return rest.empty() || rest.starts_with("list") || !is_key_char(rest[0]);
}

/// A kind somewhere in it is Secret, or may be. In lower case.
bool says_secret(std::string_view document) {
    // Nobody writes more between the two words, and nobody is to wait for the end of a file for
    // each of its words.
    constexpr std::size_t kFar = 256;
    for (std::size_t at = document.find(kKind); at != std::string_view::npos;
         at = document.find(kKind, at + 1)) {
        const std::string_view behind = document.substr(at + kKind.size());
        if (goes_on_as_secret(behind.substr(0, kFar)).value_or(behind.size() > kFar)) return true;
    }
    return false;
}

/// What a Secret holds is in its data and stringData. In lower case.
bool says_data(std::string_view document) {
    constexpr std::string_view kData = "data";
    for (std::size_t at = document.find(kData); at != std::string_view::npos;
         at = document.find(kData, at + 1)) {
        if (!document.substr(0, at).ends_with("meta")) return true;
    }
    return false;
}

/// Characters that are written as numbers may be anything.
bool has_escapes(std::string_view document) {
    return document.contains("\\x") || document.contains("\\u");
}

}  // namespace

bool is_confidential(std::string_view document) {
    if (document.contains(kPemBegin)) return true;
    const std::string kind = OwnKeys::kind_of(document);
    const std::string all = to_lower_ascii(document);
    if (kind.empty()) return says_secret(all) || has_escapes(all);
    if (kind == kSecret) return true;
    if (kind.ends_with("list")) return says_secret(all);
    return (says_secret(all) || has_escapes(all)) && says_data(all);
}

}  // namespace sni::yaml
