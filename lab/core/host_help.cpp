#include "lab/core/host_help.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"

namespace sni {

namespace {

using Points = std::vector<std::uint32_t>;

/// The code points of UTF-8; nothing when it is none.
std::optional<Points> points_of(std::string_view text) {
    Points points;
    while (!text.empty()) {
        const auto sequence = utf8_at(text);
        if (!sequence) return std::nullopt;
        points.push_back(sequence->second);
        text.remove_prefix(sequence->first);
    }
    return points;
}

/// Lower case in the scripts of Europe; other scripts have none.
std::uint32_t lowered(std::uint32_t point) {
    const bool latin =
        (point >= 'A' && point <= 'Z') || (point >= 0xc0 && point <= 0xde && point != 0xd7);
    const bool greek = point >= 0x391 && point <= 0x3a9;
    const bool cyrillic = point >= 0x410 && point <= 0x42f;
    if (latin || greek || cyrillic) return point + 32;
    if (point >= 0x400 && point <= 0x40f) return point + 80;
    const bool extended = point >= 0x100 && point <= 0x137;
    return extended && point % 2 == 0 && point != 0x130 ? point + 1 : point;
}

/// RFC 3492 §6.1.
std::uint32_t adapted(std::uint32_t delta, std::uint32_t points, bool first) {
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > 455; k += 36) {
        delta /= 35;
    }
    return k + 36 * delta / (delta + 38);
}

char digit(std::uint32_t value) {
    return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

/// RFC 3492 §6.3. A label has 63 bytes at most, so nothing here overflows.
std::string punycode(const Points& label) {
    std::string out;
    for (const std::uint32_t point : label) {
        if (point < 0x80) out += static_cast<char>(point);
    }
    const auto basic = static_cast<std::uint32_t>(out.size());
    std::uint32_t handled = basic;
    if (basic > 0) out += '-';
    std::uint32_t n = 0x80, delta = 0, bias = 72;
    while (handled < label.size()) {
        std::uint32_t next = 0x110000;
        for (const std::uint32_t point : label) {
            if (point >= n) next = std::min(next, point);
        }
        delta += (next - n) * (handled + 1);
        n = next;
        for (const std::uint32_t point : label) {
            if (point < n) ++delta;
            if (point != n) continue;
            std::uint32_t q = delta;
            for (std::uint32_t k = 36;; k += 36) {
                const std::uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
                if (q < t) break;
                out += digit(t + (q - t) % (36 - t));
                q = (q - t) / (36 - t);
            }
            out += digit(q);
            bias = adapted(delta, handled + 1, handled == basic);
            delta = 0;
            ++handled;
        }
        ++delta;
        ++n;
    }
    return "xn--" + out;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// "pay.example.com" of "https://user@pay.example.com:443/path?query".
std::string_view host_of(std::string_view text) {
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find_first_of("/?#"));
    if (const auto user = text.rfind('@'); user != std::string_view::npos)
        text.remove_prefix(user + 1);
    return text.substr(0, text.find(':'));
}

}  // namespace

std::string to_a_labels(std::string_view name) {
    std::string labels;
    while (true) {
        const std::size_t dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (is_ascii(label)) {
            labels += to_lower_ascii(label);
        } else {
            auto points = points_of(label);
            if (!points || points->size() > 59) return {};
            std::ranges::transform(*points, points->begin(), lowered);
            // Marks that combine would have to be composed first.
            const bool marks = std::ranges::any_of(
                *points, [](std::uint32_t point) { return point >= 0x300 && point <= 0x36f; });
            if (marks) return {};
            labels += punycode(*points);
        }
        if (dot == std::string_view::npos) return labels;
        labels += '.';
        name.remove_prefix(dot + 1);
    }
}

std::string host_help(std::string_view text) {
    const auto name_of = [](std::string_view host) -> std::string {
        const std::string ascii = to_a_labels(host);
        const bool wild = ascii.starts_with("*.");
        const auto name = DnsName::parse(std::string_view(ascii).substr(wild ? 2 : 0));
        return name ? (wild ? "*." : "") + name->text() : std::string();
    };
    if (text.starts_with("\xef\xbb\xbf"))
        return "a byte order mark stands before it: save the text without one";
    const std::size_t zone = text.find('%');
    const std::string_view address = text.substr(0, std::min(zone, text.size()));
    const bool ipv6 =
        address.contains("::") &&
        address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (address.size() < text.size() && ipv6)
        return fmt::format("write the address without its zone: {}", address);
    const std::string_view host = host_of(text);
    const std::string name = name_of(host);
    if (name.empty()) {
        return is_ascii(text) ? "" : "write it with A-labels (xn--…), as it stands in the DNS";
    }
    if (host.size() != text.size()) return "write the host alone: " + name;
    return is_ascii(text) ? "" : "write its A-labels: " + name;
}

}  // namespace sni
