#include "lab/log/json_line.h"

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"

namespace sni::log {

namespace {

/// Only what peers chose may need escaping, and seldom does: so all bytes are looked at, and
/// nothing is asked in between.
bool stands_as_it_is(std::string_view bytes) {
    bool odd = false;
    for (const char c : bytes) {
        odd |= c < ' ' || c > '~' || c == '"' || c == '\\';
    }
    return !odd;
}

}  // namespace

JsonLine& JsonLine::quoted(std::string_view bytes) {
    text_ += '"';
    if (stands_as_it_is(bytes)) {
        text_ += bytes;
    } else {
        for (const char c : printable(bytes)) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
    }
    text_ += '"';
    return *this;
}

JsonLine& JsonLine::exact(std::string_view bytes) {
    if (stands_as_it_is(bytes)) {
        text_.append(1, '"').append(bytes).append(1, '"');
    } else {
        constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
        text_ += nlohmann::json(bytes).dump(-1, ' ', true, kReplace);
    }
    return *this;
}

}  // namespace sni::log
