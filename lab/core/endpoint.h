// Addresses as a user writes them: IPv4:PORT, [IPv6]:PORT, NAME:PORT, unix:/PATH.
// Parsing and printing only; resolving and binding belong to lab/net.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni {

/// Where to listen or to connect. `host` is an IPv4 or IPv6 literal without brackets, a DNS name,
/// or the path of a Unix socket (port 0).
struct Endpoint {
    enum class Kind { ipv4, ipv6, name, unix_path };
    Kind kind = Kind::ipv4;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
    bool operator==(const Endpoint&) const = default;
};

/// 127.0.0.1:PORT.
Endpoint loopback(std::uint16_t port);

/// `text` as above. The error is a sentence without full stop that quotes the offending
/// part.
Result<Endpoint, std::string> parse_endpoint(std::string_view text);

/// What parse_endpoint takes: "127.0.0.1:8443", "[::1]:8443", "unix:/run/a.sock".
std::string to_string(const Endpoint& endpoint);

/// True for an IPv4 or IPv6 literal in `text`, with or without brackets.
bool is_ip_literal(std::string_view text);

/// [::ffff:192.0.2.1] as 192.0.2.1 (RFC 4291 §2.5.5.2), however it is written; else as it is.
Endpoint unmapped(const Endpoint& endpoint);

/// True when nothing outside this machine can reach it.
bool is_loopback(const Endpoint& endpoint);

}  // namespace sni
