#include "lab/core/dns_name.h"

#include <algorithm>

#include <arpa/inet.h>

namespace sni {

std::string_view to_string(DnsNameError error) {
    switch (error) {
        case DnsNameError::empty:
            return "empty";
        case DnsNameError::too_long:
            return "too_long";
        case DnsNameError::bad_label:
            return "bad_label";
        case DnsNameError::bad_character:
            return "bad_character";
        case DnsNameError::trailing_dot:
            return "trailing_dot";
        case DnsNameError::ip_literal:
            break;
    }
    return "ip_literal";
}

std::string_view rule_of(DnsNameError error) {
    switch (error) {
        case DnsNameError::empty:
            return "a name is missing";
        case DnsNameError::too_long:
            return "a name has at most 253 bytes";
        case DnsNameError::bad_label:
            return "a label has 1 to 63 bytes and does not start with '-'";
        case DnsNameError::bad_character:
            return "a name has letters, digits, '-', '_' and '.'";
        case DnsNameError::trailing_dot:
            return "leave out the dot at its end";
        case DnsNameError::ip_literal:
            break;
    }
    return "clients send no SNI for an IP address";
}

namespace {

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

Result<DnsName, DnsNameError> DnsName::parse(std::string_view text) {
    DnsNameBuffer buffer;
    const auto name = read_dns_name(text, buffer);
    if (!name) return std::unexpected(name.error());
    return DnsName(std::string(*name));
}

Result<std::string_view, DnsNameError> read_dns_name(std::string_view text, DnsNameBuffer& buffer) {
    if (text.empty()) return std::unexpected(DnsNameError::empty);
    if (text.size() > kMostDnsName) return std::unexpected(DnsNameError::too_long);
    std::size_t label = 0;
    char previous = '.';
    for (const char c : text) {
        if (c == '.') {
            if (label == 0) return std::unexpected(DnsNameError::bad_label);
            label = 0;
        } else {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            const bool digit = c >= '0' && c <= '9';
            if (!letter && !digit && c != '-' && c != '_')
                return std::unexpected(DnsNameError::bad_character);
            const bool leading_hyphen = c == '-' && previous == '.';
            if (leading_hyphen || ++label > 63) return std::unexpected(DnsNameError::bad_label);
        }
        previous = c;
    }
    if (previous == '.') return std::unexpected(DnsNameError::trailing_dot);
    *std::ranges::transform(text, buffer.begin(), to_lower).out = '\0';
    in_addr address{};
    if (inet_pton(AF_INET, buffer.data(), &address) == 1)
        return std::unexpected(DnsNameError::ip_literal);
    return std::string_view(buffer.data(), text.size());
}

std::string to_lower_ascii(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), to_lower);
    return lower;
}

}  // namespace sni
