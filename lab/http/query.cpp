#include "lab/http/query.h"

#include <algorithm>

#include "lab/core/encoding.h"

namespace sni::http {

namespace {

std::string decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    while (!text.empty()) {
        const auto byte =
            text.front() == '%' && text.size() > 2 ? from_hex(text.substr(1, 2)) : std::nullopt;
        const bool space = plus_is_space && text.front() == '+';
        decoded += byte ? static_cast<char>(byte->front()) : space ? ' ' : text.front();
        text.remove_prefix(byte ? 3 : 1);
    }
    return decoded;
}

/// As forms write it: every '+' is a space.
std::string form_decode(std::string_view text) {
    return decode(text, true);
}

/// How many bytes follow this lead byte, and the range of the first of them (RFC 3629 §4).
struct Utf8Tail {
    int count;
    unsigned char first_low = 0x80;
    unsigned char first_high = 0xBF;
};

Utf8Tail tail_of(unsigned char lead) {
    if (lead < 0x80) return {0};
    if (lead < 0xC2) return {-1};
    if (lead < 0xE0) return {1};
    if (lead == 0xE0) return {2, 0xA0};
    if (lead == 0xED) return {2, 0x80, 0x9F};
    if (lead < 0xF0) return {2};
    if (lead == 0xF0) return {3, 0x90};
    if (lead < 0xF4) return {3};
    if (lead == 0xF4) return {3, 0x80, 0x8F};
    return {-1};
}

}  // namespace

std::string percent_decode(std::string_view text) {
    return decode(text, false);
}

Fields parse_query(std::string_view query) {
    Fields fields;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view piece = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (piece.empty()) continue;
        const std::size_t equals = piece.find('=');
        const bool has_value = equals != std::string_view::npos;
        fields.emplace_back(form_decode(piece.substr(0, equals)),
                            has_value ? form_decode(piece.substr(equals + 1)) : "");
    }
    return fields;
}

const std::string* find_field(const Fields& fields, std::string_view name) {
    const auto found =
        std::ranges::find_if(fields, [&](const auto& field) { return field.first == name; });
    return found == fields.end() ? nullptr : &found->second;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Tail tail = tail_of(static_cast<unsigned char>(text[i++]));
        if (tail.count < 0) return false;
        for (int k = 0; k < tail.count; ++k, ++i) {
            if (i == text.size()) return false;
            const auto byte = static_cast<unsigned char>(text[i]);
            const unsigned char low = k == 0 ? tail.first_low : 0x80;
            const unsigned char high = k == 0 ? tail.first_high : 0xBF;
            if (byte < low || byte > high) return false;
        }
    }
    return true;
}

}  // namespace sni::http
