#include "lab/core/endpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/core/host_help.h"

namespace sni {

namespace {

bool is_literal(int family, std::string_view text) {
    unsigned char address[16];
    if (text.contains('\0')) return false;  // inet_pton would stop there
    return inet_pton(family, std::string(text).c_str(), address) == 1;
}

std::optional<in6_addr> ipv6_of(const Endpoint& endpoint) {
    in6_addr address{};
    if (endpoint.kind != Endpoint::Kind::ipv6 || endpoint.host.contains('\0') ||
        inet_pton(AF_INET6, endpoint.host.c_str(), &address) != 1)
        return std::nullopt;
    return address;
}

/// "fe80::1%eth0" (RFC 4007 §11): only link-local addresses need to say where.
bool is_zoned(std::string_view text) {
    const std::size_t percent = text.find('%');
    if (percent == std::string_view::npos || !is_literal(AF_INET6, text.substr(0, percent)))
        return false;
    in6_addr address{};
    inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &address);
    const std::string_view zone = text.substr(percent + 1);
    const auto fits = [](char c) { return c > ' ' && c <= '~' && c != '/' && c != '%'; };
    return IN6_IS_ADDR_LINKLOCAL(&address) && !zone.empty() && zone.size() < 16 &&
           std::ranges::all_of(zone, fits);
}

}  // namespace

Endpoint loopback(std::uint16_t port) {
    return {Endpoint::Kind::ipv4, "127.0.0.1", port};
}

Result<Endpoint, std::string> parse_endpoint(std::string_view text) {
    const std::string shown = printable(text);
    if (text.starts_with("unix:")) {
        const std::string_view path = text.substr(5);
        // sun_path holds 107 bytes and a NUL (unix(7)).
        if (path.empty() || path.front() != '/' || path.size() > 107 || path.contains('\0')) {
            return std::unexpected(fmt::format(
                "\"{}\" is not unix: and an absolute path of at most 107 bytes", shown));
        }
        return Endpoint{Endpoint::Kind::unix_path, std::string(path), 0};
    }
    if (text.contains("://")) {
        const std::string help = host_help(text);
        return std::unexpected(fmt::format("\"{}\" is a URL; {}", shown,
                                           help.empty() ? "write ADDRESS:PORT" : help + ":PORT"));
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::unexpected(fmt::format("\"{}\" has no port; write ADDRESS:PORT", shown));
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
        port > 65535) {
        return std::unexpected(fmt::format("port \"{}\" of \"{}\" is not a number from 0 to 65535",
                                           printable(digits), shown));
    }
    const auto number = static_cast<std::uint16_t>(port);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (is_literal(AF_INET6, host) || is_zoned(host))
            return Endpoint{Endpoint::Kind::ipv6, std::string(host), number};
        return std::unexpected(fmt::format("\"{}\" is not an IPv6 address", printable(host)));
    }
    if (is_literal(AF_INET, host)) return Endpoint{Endpoint::Kind::ipv4, std::string(host), number};
    if (host.contains(':')) {
        return std::unexpected(
            fmt::format("\"{}\": write an IPv6 address in brackets, as in [::1]:8443", shown));
    }
    const auto name = DnsName::parse(host);
    if (name) return Endpoint{Endpoint::Kind::name, name->text(), number};
    const std::string help = name.error() == DnsNameError::trailing_dot
                                 ? std::string(rule_of(name.error()))
                                 : host_help(host);
    return std::unexpected(fmt::format("\"{}\" is neither an IP address nor a host name{}{}",
                                       printable(host), help.empty() ? "" : ": ", help));
}

std::string to_string(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::unix_path) return "unix:" + endpoint.host;
    const bool ipv6 = endpoint.kind == Endpoint::Kind::ipv6;
    const fmt::format_int port(endpoint.port);
    std::string text;  // logs are full of them
    text.reserve(endpoint.host.size() + 3 + port.size());
    text.append(ipv6 ? "[" : "").append(endpoint.host).append(ipv6 ? "]:" : ":");
    return text.append(port.data(), port.size());
}

bool is_ip_literal(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    return is_literal(AF_INET, text) || is_literal(AF_INET6, text);
}

Endpoint unmapped(const Endpoint& endpoint) {
    const auto address = ipv6_of(endpoint);
    if (!address || !IN6_IS_ADDR_V4MAPPED(&*address)) return endpoint;
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, address->s6_addr + 12, text, sizeof text);
    return {Endpoint::Kind::ipv4, text, endpoint.port};
}

bool is_loopback(const Endpoint& endpoint) {
    const Endpoint plain = unmapped(endpoint);
    switch (plain.kind) {
        case Endpoint::Kind::ipv4:
            return plain.host.starts_with("127.");
        case Endpoint::Kind::ipv6: {
            const auto address = ipv6_of(plain);
            return address && IN6_IS_ADDR_LOOPBACK(&*address);
        }
        case Endpoint::Kind::name:
            return plain.host == "localhost";
        case Endpoint::Kind::unix_path:
            break;
    }
    return true;
}

}  // namespace sni
