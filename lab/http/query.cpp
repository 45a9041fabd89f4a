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

}  // namespace sni::http
