// Version 1 of the PROXY header: one line of words with single spaces between them (§2.1).
#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "lab/proxy/versions.h"

namespace sni::proxy {

namespace {

/// In the one spelling that all comparisons here are made in.
std::optional<Endpoint> read_literal(std::string_view text, Endpoint::Kind kind) {
    std::array<std::byte, 16> address{};
    const int family = kind == Endpoint::Kind::ipv4 ? AF_INET : AF_INET6;
    if (text.contains('\0')) return std::nullopt;  // inet_pton would stop there
    // It refuses leading zeros in IPv4, as the format does.
    if (inet_pton(family, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
    return Endpoint{kind, read_ip(family, address), 0};
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool canonical = text == "0" || !text.starts_with('0');
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !canonical) {
        return std::nullopt;
    }
    return port;
}

/// The next word, without the space behind it.
std::string_view take_word(std::string_view& line) {
    const std::size_t space = line.find(' ');
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    return word;
}

/// `line` is what follows the protocol's name.
std::optional<Addresses> read_addresses(std::string_view line, Endpoint::Kind kind) {
    if (std::ranges::count(line, ' ') != 3) return std::nullopt;
    auto source = read_literal(take_word(line), kind);
    auto destination = read_literal(take_word(line), kind);
    const auto source_port = read_port(take_word(line));
    const auto destination_port = read_port(take_word(line));
    if (!source || !destination || !source_port || !destination_port) return std::nullopt;
    source->port = *source_port;
    destination->port = *destination_port;
    return Addresses{std::move(*source), std::move(*destination)};
}

}  // namespace

Reading read_v1(std::string_view bytes) {
    const std::string_view front = bytes.substr(0, kMaxLine);
    const std::size_t end = front.find_first_of("\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() >= kMaxLine) return std::unexpected(HeaderError::line_too_long);
        return std::nullopt;
    }
    if (end + 1 == kMaxLine) return std::unexpected(HeaderError::line_too_long);
    if (front[end] != '\r') return std::unexpected(HeaderError::bad_line);
    if (end + 1 == front.size()) return std::nullopt;
    if (front[end + 1] != '\n') return std::unexpected(HeaderError::bad_line);

    Header header{.version = Version::v1, .bytes = end + 2};
    std::string_view line = front.substr(0, end);
    line.remove_prefix(std::min(line.size(), kLine.size()));
    const std::string_view protocol = take_word(line);
    if (protocol == "UNKNOWN") return header;  // whatever else the line says
    if (protocol == "TCP4") header.addresses = read_addresses(line, Endpoint::Kind::ipv4);
    if (protocol == "TCP6") header.addresses = read_addresses(line, Endpoint::Kind::ipv6);
    if (!header.addresses) return std::unexpected(HeaderError::bad_line);
    return header;
}

std::string write_v1(const std::optional<Addresses>& addresses) {
    if (!addresses || addresses->source.kind == Endpoint::Kind::unix_path) {
        return "PROXY UNKNOWN\r\n";
    }
    const auto& [source, destination] = *addresses;
    return fmt::format("PROXY {} {} {} {} {}\r\n",
                       source.kind == Endpoint::Kind::ipv4 ? "TCP4" : "TCP6", source.host,
                       destination.host, source.port, destination.port);
}

}  // namespace sni::proxy
