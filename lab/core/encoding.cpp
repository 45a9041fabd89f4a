#include "lab/core/encoding.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sni {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::string_view kHex = "0123456789abcdef";

/// By the character; -1: it is no digit.
constexpr auto kHexDigits = [] {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (signed char value = 0; value < 16; ++value) {
        const char digit = kHex[static_cast<std::size_t>(value)];
        values[static_cast<unsigned char>(digit)] = value;
        if (digit >= 'a') values[static_cast<unsigned char>(digit - 'a' + 'A')] = value;
    }
    return values;
}();

int hex_digit(char c) {
    return kHexDigits[static_cast<unsigned char>(c)];
}

/// Gives `take` each byte that `text` spells, two digits each, with a colon between two of them or
/// not. False: it is none, or `take` has said that it wants no more.
bool each_hex_byte(std::string_view text, auto&& take) {
    for (bool first = true; !text.empty(); first = false) {
        if (!first && text.front() == ':') text.remove_prefix(1);
        if (text.size() < 2) return false;
        const int high = hex_digit(text[0]);
        const int low = hex_digit(text[1]);
        if (high < 0 || low < 0 || !take(static_cast<std::byte>(high << 4 | low))) return false;
        text.remove_prefix(2);
    }
    return true;
}

/// Neither control characters, nor the marks that change the direction or the shape of the text
/// around them, nor what is no character at all (Unicode §23.7), which makes XML ill-formed.
bool harmless(char32_t point) {
    const bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    const bool invisible = (point >= 0x200B && point <= 0x200F) ||
                           (point >= 0x2028 && point <= 0x202E) ||
                           (point >= 0x2060 && point <= 0x206F) || point == 0x061C ||
                           point == 0xFEFF || (point >= 0xE0000 && point <= 0xE007F);
    const bool none = (point & 0xFFFEu) == 0xFFFEu || (point >= 0xFDD0 && point <= 0xFDEF);
    return !control && !invisible && !none;
}

}  // namespace

std::string to_hex(Bytes bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        const auto value = std::to_integer<unsigned>(b);
        text.push_back(kHex[value >> 4]);
        text.push_back(kHex[value & 15u]);
    }
    return text;
}

std::string to_fingerprint(Bytes bytes) {
    std::string text;
    for (const std::byte b : bytes) {
        fmt::format_to(std::back_inserter(text), "{}{:02X}", text.empty() ? "" : ":",
                       std::to_integer<unsigned>(b));
    }
    return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    const bool whole = each_hex_byte(text, [&](std::byte byte) {
        bytes.push_back(byte);
        return true;
    });
    if (!whole) return std::nullopt;
    return bytes;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
    Digest digest{};
    std::size_t count = 0;
    const bool whole = each_hex_byte(text, [&](std::byte byte) {
        if (count == digest.size()) return false;
        digest[count++] = byte;
        return true;
    });
    if (!whole || count != digest.size()) return std::nullopt;
    return digest;
}

std::string to_base64(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8) | (k < have ? std::to_integer<unsigned>(bytes[i + k]) : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text.push_back(k <= have ? kBase64[(group >> (18 - 6 * k)) & 63u] : '=');
        }
    }
    return text;
}

std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t padding = last ? (text[i + 2] == '='   ? 2u
                                            : text[i + 3] == '=' ? 1u
                                                                 : 0u)
                                         : 0u;
        unsigned group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const bool pad = k >= 4 - padding;
            const std::size_t value = pad ? 0 : kBase64.find(text[i + k]);
            if (value == std::string_view::npos || (pad && text[i + k] != '=')) return std::nullopt;
            group = (group << 6) | static_cast<unsigned>(value);
        }
        const bool stray_bits =
            (padding == 2 && (group & 0xFFFFu)) || (padding == 1 && (group & 0xFFu));
        if (stray_bits) return std::nullopt;
        for (std::size_t k = 0; k < 3 - padding; ++k) {
            bytes.push_back(static_cast<std::byte>((group >> (16 - 8 * k)) & 0xFFu));
        }
    }
    return bytes;
}

std::optional<std::pair<std::size_t, char32_t>> utf8_at(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || length > text.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0u) != 0x80u) return std::nullopt;
        point = (point << 6) | (byte(i) & 0x3Fu);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (overlong || surrogate || point > 0x10FFFF) return std::nullopt;
    return std::pair{length, point};
}

std::size_t valid_utf8_prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const bool ascii = static_cast<unsigned char>(text[at]) < 0x80;
        const auto sequence = ascii ? std::nullopt : utf8_at(text.substr(at));
        if (!ascii && !sequence) return at;
        at += ascii ? 1 : sequence->first;
    }
    return at;
}

std::string printable(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const auto plain =
            std::ranges::find_if(text, [](char c) { return c < ' ' || c > '~' || c == '#'; });
        safe.append(text.begin(), plain);
        text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
        if (text.empty()) break;
        if (text[0] == '#' && !safe.ends_with('#')) {
            safe += '#';
            text.remove_prefix(1);
            continue;
        }
        const auto sequence = text[0] == '#' ? std::nullopt : utf8_at(text);
        if (sequence && harmless(sequence->second)) {
            safe.append(text.substr(0, sequence->first));
            text.remove_prefix(sequence->first);
        } else {
            fmt::format_to(std::back_inserter(safe), "\\x{:02x}",
                           static_cast<unsigned>(static_cast<unsigned char>(text[0])));
            text.remove_prefix(1);
        }
    }
    return safe;
}

std::string escape_markup(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

}  // namespace sni
