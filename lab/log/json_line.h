// One JSON object for a log, written piece by piece.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sni::log {

/// By hand, since a line is written for each connection or request, and a document that is built
/// first would cost as much as the rest of it. Whoever writes it brings braces, keys and commas.
/// Throws std::bad_alloc and nothing else.
class JsonLine {
  public:
    JsonLine() { text_.reserve(512); }
    /// JSON as it is.
    JsonLine& raw(std::string_view json) {
        text_ += json;
        return *this;
    }
    /// A string of the program's own, in which nothing needs escaping.
    JsonLine& word(std::string_view own) {
        text_.append(1, '"').append(own).append(1, '"');
        return *this;
    }
    /// A string for people: bytes of a peer's choice are made printable before.
    JsonLine& quoted(std::string_view bytes);
    /// A string that programs get back as it was; what is no UTF-8 becomes U+FFFD.
    JsonLine& exact(std::string_view bytes);
    JsonLine& number(std::integral auto value) {
        const fmt::format_int digits(value);
        return raw({digits.data(), digits.size()});
    }
    JsonLine& null() { return raw("null"); }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

}  // namespace sni::log
