#include "lab/tls/ja4.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/tls/code_points.h"
#include "lab/tls/names.h"

namespace sni::tls {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

using Numbers = std::vector<std::uint16_t>;

Numbers without_grease(const Numbers& values) {
    Numbers kept;
    kept.reserve(values.size());
    std::ranges::copy_if(values, std::back_inserter(kept),
                         [](std::uint16_t value) { return !is_grease(value); });
    return kept;
}

Numbers extension_types(const HelloFacts& hello) {
    Numbers types;
    types.reserve(hello.extensions.size());
    for (const HelloExtension& extension : hello.extensions) {
        if (!is_grease(extension.type)) types.push_back(extension.type);
    }
    return types;
}

Numbers sorted(Numbers values) {
    std::ranges::sort(values);
    return values;
}

/// "002f,1301": four digits each.
std::string hex_list(const Numbers& values) {
    std::string text(values.empty() ? 0 : 5 * values.size() - 1, ',');
    char* out = text.data();
    for (const std::uint16_t value : values) {
        *out++ = kDigits[value >> 12];
        *out++ = kDigits[value >> 8 & 0xf];
        *out++ = kDigits[value >> 4 & 0xf];
        *out++ = kDigits[value & 0xf];
        ++out;  // the comma
    }
    return text;
}

/// The highest version that is offered.
std::string_view version(const HelloFacts& hello) {
    std::optional<std::uint16_t> highest;
    for (const std::uint16_t offered : hello.supported_versions) {
        if (!is_grease(offered)) highest = std::max(highest.value_or(0), offered);
    }
    switch (highest.value_or(hello.legacy_version)) {
        case 0x0304:
            return "13";
        case 0x0303:
            return "12";
        case 0x0302:
            return "11";
        case 0x0301:
            return "10";
        case 0x0300:
            return "s3";
        case 0x0002:
            return "s2";
        default:
            return "00";
    }
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// First and last character of the first protocol; of its hex form when one of the two is none that
/// one would want to print.
std::string alpn(const HelloFacts& hello) {
    if (hello.alpn.empty() || hello.alpn.front().empty()) return "00";
    const std::string& name = hello.alpn.front();
    if (is_alphanumeric(name.front()) && is_alphanumeric(name.back())) {
        return {name.front(), name.back()};
    }
    const std::string hex = to_hex(as_bytes(name));
    return {hex.front(), hex.back()};
}

struct Parts {
    std::string suites;      // JA4_b before its digest
    std::string extensions;  // JA4_c before its digest
};

Parts parts_of(const HelloFacts& hello) {
    const Numbers suites = sorted(without_grease(hello.cipher_suites));
    Numbers types = sorted(extension_types(hello));
    Parts parts;
    parts.suites = hex_list(suites);
    std::erase_if(types, [](std::uint16_t type) {
        return type == extension::kServerName || type == extension::kAlpn;
    });
    parts.extensions = hex_list(types);
    const Numbers schemes = without_grease(hello.signature_algorithms);  // in their own order
    if (!schemes.empty()) parts.extensions += "_" + hex_list(schemes);
    return parts;
}

/// Twelve digits; nothing has a digest of its own, so that it can be seen.
void append_shortened(std::string& into, const std::string& text, Sha256 sha256) {
    if (text.empty()) {
        into += "000000000000";
        return;
    }
    const Digest digest = sha256(as_bytes(text));
    into += to_hex(Bytes(digest).first(6));
}

std::string decimal_list(const Numbers& values) {
    return fmt::format("{}", fmt::join(values, "-"));
}

}  // namespace

std::string ja4_a(const HelloFacts& hello) {
    const auto count = [](const auto& values, auto... number) {
        return std::min<std::ptrdiff_t>(
            99, std::ranges::count_if(values, std::not_fn(is_grease), number...));
    };
    return fmt::format(FMT_COMPILE("t{}{}{:02}{:02}{}"), version(hello),
                       hello.has(extension::kServerName) ? 'd' : 'i', count(hello.cipher_suites),
                       count(hello.extensions, &HelloExtension::type), alpn(hello));
}

std::string hello_shape(Bytes message) {
    const auto hello = describe_hello(message);
    return hello ? ja4_a(*hello) : "";
}

std::string ja4(const HelloFacts& hello, Sha256 sha256) {
    constexpr std::size_t kLength = 36;
    const Parts parts = parts_of(hello);
    std::string text;
    text.reserve(kLength);
    text += ja4_a(hello);
    text += '_';
    append_shortened(text, parts.suites, sha256);
    text += '_';
    append_shortened(text, parts.extensions, sha256);
    return text;
}

std::string ja4_raw(const HelloFacts& hello) {
    const Parts parts = parts_of(hello);
    return ja4_a(hello) + "_" + parts.suites + "_" + parts.extensions;
}

std::string ja3_text(const HelloFacts& hello) {
    const Numbers formats(hello.point_formats.begin(), hello.point_formats.end());
    return fmt::format("{},{},{},{},{}", hello.legacy_version,
                       decimal_list(without_grease(hello.cipher_suites)),
                       decimal_list(extension_types(hello)),
                       decimal_list(without_grease(hello.groups)), decimal_list(formats));
}

}  // namespace sni::tls
