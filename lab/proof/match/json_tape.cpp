#include "lab/proof/match/json_tape.h"

#include <algorithm>
#include <array>

namespace sni {

namespace {

constexpr unsigned kMostLevels = 16;

/// What stands for itself in a string.
constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = ' '; c <= '~'; ++c) {
        plain[c] = c != '"' && c != '\\';
    }
    return plain;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool JsonTape::read(std::string_view text) {
    values_.clear();
    rest_ = text;
    return value(0) && rest_.empty();
}

bool JsonTape::value(unsigned depth) {
    if (rest_.empty() || depth > kMostLevels) return false;
    switch (rest_.front()) {
        case '{':
            return elements(Kind::object, '}', depth);
        case '[':
            return elements(Kind::array, ']', depth);
        case '"':
            return string();
        case 't':
            return word("true", Kind::yes);
        case 'f':
            return word("false", Kind::no);
        case 'n':
            return word("null", Kind::null);
        default:
            return number();
    }
}

bool JsonTape::elements(Kind kind, char close, unsigned depth) {
    rest_.remove_prefix(1);
    const std::size_t at = values_.size();
    add(kind, {});
    for (bool first = true; !next_is(close); first = false) {
        if (!first && !next_is(',')) return false;
        if (kind == Kind::object && (!string() || !next_is(':'))) return false;
        if (!value(depth + 1)) return false;
    }
    values_[at].end = static_cast<std::uint32_t>(values_.size());
    return true;
}

bool JsonTape::string() {
    if (!next_is('"')) return false;
    const auto* const end = std::ranges::find_if_not(
        rest_, [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    add(Kind::string, rest_.substr(0, size));
    rest_.remove_prefix(size);
    return next_is('"');
}

bool JsonTape::number() {
    const auto* const end = std::ranges::find_if_not(rest_, is_digit);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    if (size == 0 || (size > 1 && rest_.front() == '0')) return false;
    add(Kind::number, rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;  // what makes it another number is none of what may follow
}

bool JsonTape::word(std::string_view spelled, Kind kind) {
    if (!rest_.starts_with(spelled)) return false;
    add(kind, {});
    rest_.remove_prefix(spelled.size());
    return true;
}

bool JsonTape::next_is(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
}

void JsonTape::add(Kind kind, std::string_view text) {
    values_.push_back({kind, static_cast<std::uint32_t>(values_.size() + 1), text});
}

}  // namespace sni
