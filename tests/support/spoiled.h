// What is spoiled of something signed: each byte, each field, each value.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace sni::test {

/// Another value of the same type and, as far as can be, the same shape.
inline nlohmann::json altered(const nlohmann::json& value) {
    if (value.is_boolean()) return !value.get<bool>();
    if (value.is_number()) return value.get<std::uint64_t>() + 1;
    if (!value.is_string()) return "something";
    std::string text = value;
    if (text.empty()) return "x";
    text.back() = text.back() == '0' ? '1' : '0';
    return text;
}

/// Without what is at `path`, a field or an item of a list.
inline nlohmann::json without(nlohmann::json whole, const std::string& path) {
    const nlohmann::json::json_pointer at(path);
    nlohmann::json& parent = whole[at.parent_pointer()];
    if (parent.is_array()) {
        parent.erase(std::stoul(at.back()));
    } else {
        parent.erase(at.back());
    }
    return whole;
}

/// REQUIREs that `holds` is false for `text` with any byte flipped, and with some cut behind, left
/// out or put in.
template <class Holds>
void require_every_byte(const std::string& text, const Holds& holds) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        CAPTURE(at);
        std::string flipped = text;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        REQUIRE_FALSE(holds(flipped));
        if (at % 16 != 0) continue;
        REQUIRE_FALSE(holds(text.substr(0, at)));
        REQUIRE_FALSE(holds(std::string(text).erase(at, 1)));
        REQUIRE_FALSE(holds(std::string(text).insert(at, " ")));
    }
    CHECK_FALSE(holds(text + text));
}

}  // namespace sni::test
