#include "lab/proxy/header.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace sni::proxy {

namespace {

constexpr std::string_view kLine = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixed = 16;  // signature, version and command, family, length
constexpr std::size_t kUnixPath = 108;
constexpr unsigned kLocal = 0, kProxy = 1;
constexpr unsigned kInet = 1, kInet6 = 2, kUnix = 3;
constexpr unsigned kStream = 1, kDatagram = 2;

using Reading = Result<std::optional<Header>, HeaderError>;

Reading read_v1(std::string_view bytes);
Reading read_v2(Bytes bytes);
std::string write_v1(const std::optional<Addresses>& addresses);
std::vector<std::byte> write_v2(const Header& header, const std::optional<Addresses>& addresses);
Endpoint unmapped(const Endpoint& endpoint);

/// As far as both go.
bool agree(std::string_view a, std::string_view b) {
    const std::size_t shorter = std::min(a.size(), b.size());
    return a.substr(0, shorter) == b.substr(0, shorter);
}

}  // namespace

Reading read_header(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    if (agree(text, kLine)) return read_v1(text);
    if (agree(text, kSignature)) return read_v2(bytes);
    return std::unexpected(HeaderError::no_header);
}

std::vector<std::byte> write_header(const Header& header) {
    std::optional<Addresses> addresses = header.local ? std::nullopt : header.addresses;
    if (addresses) {
        const Addresses plain{unmapped(addresses->source), unmapped(addresses->destination)};
        if (plain.source.kind == plain.destination.kind) addresses = plain;
        const Endpoint::Kind kind = addresses->source.kind;
        if (addresses->destination.kind != kind || kind == Endpoint::Kind::name) addresses.reset();
    }
    if (header.version == Version::v2) return write_v2(header, addresses);
    const std::string line = write_v1(addresses);
    const Bytes bytes = as_bytes(line);
    return {bytes.begin(), bytes.end()};
}

std::string_view to_string(HeaderError error) {
    switch (error) {
        case HeaderError::no_header:
            return "no_header";
        case HeaderError::line_too_long:
            return "line_too_long";
        case HeaderError::bad_line:
            return "bad_line";
        case HeaderError::bad_version:
            return "bad_version";
        case HeaderError::bad_command:
            return "bad_command";
        case HeaderError::bad_family:
            return "bad_family";
        case HeaderError::too_large:
            return "too_large";
        case HeaderError::too_short:
            return "too_short";
        case HeaderError::bad_tlv:
            return "bad_tlv";
        case HeaderError::bad_checksum:
            break;
    }
    return "bad_checksum";
}

namespace {

// Version 1: one line of words with single spaces between them (§2.1).

std::string read_ip(int family, Bytes address) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, address.data(), text, sizeof text);
    return text;
}

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

// Version 2: sixteen fixed bytes, addresses, TLVs (§2.2).

std::uint32_t crc32c(std::uint32_t crc, Bytes bytes) {
    constexpr std::uint32_t kReversed = 0x82f63b78;  // RFC 3720 §B.4's polynomial, low bit first
    crc = ~crc;
    for (const std::byte byte : bytes) {
        crc ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ (kReversed & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

/// Up to the first NUL; an abstract name, which begins with one, cannot be said and is empty.
std::string read_path(Bytes address) {
    const std::string_view text = as_text(address);
    return std::string(text.substr(0, text.find('\0')));
}

std::size_t bytes_of_family(unsigned family) {
    return family == kInet ? 12 : family == kInet6 ? 36 : 2 * kUnixPath;
}

Addresses read_binary(ByteReader& body, unsigned family) {
    if (family == kUnix) {
        Addresses paths{{Endpoint::Kind::unix_path, read_path(body.bytes(kUnixPath)), 0},
                        {Endpoint::Kind::unix_path, {}, 0}};
        paths.destination.host = read_path(body.bytes(kUnixPath));
        return paths;
    }
    const bool v4 = family == kInet;
    const std::size_t width = v4 ? 4 : 16;
    const Endpoint::Kind kind = v4 ? Endpoint::Kind::ipv4 : Endpoint::Kind::ipv6;
    Addresses addresses{{kind, read_ip(v4 ? AF_INET : AF_INET6, body.bytes(width)), 0},
                        {kind, {}, 0}};
    addresses.destination.host = read_ip(v4 ? AF_INET : AF_INET6, body.bytes(width));
    addresses.source.port = body.u16();
    addresses.destination.port = body.u16();
    return addresses;
}

/// `whole` is the header that `at` points into. The sum is taken with zeros in its own place.
bool checksum_fits(Bytes whole, Bytes at) {
    if (at.size() != 4) return false;
    const auto before = static_cast<std::size_t>(at.data() - whole.data());
    constexpr std::array<std::byte, 4> kZeros{};
    std::uint32_t crc = crc32c(0, whole.first(before));
    crc = crc32c(crc, kZeros);
    crc = crc32c(crc, whole.subspan(before + 4));
    std::uint32_t said = 0;
    for (const std::byte byte : at) {
        said = said << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return crc == said;
}

std::optional<HeaderError> read_tlvs(ByteReader body, Bytes whole, std::vector<Tlv>& tlvs) {
    while (!body.empty()) {
        const std::uint8_t type = body.u8();
        const Bytes value = body.vec16().rest();
        if (!body.ok()) return HeaderError::bad_tlv;
        if (type == kTlvCrc32c && !checksum_fits(whole, value)) return HeaderError::bad_checksum;
        tlvs.push_back({type, {value.begin(), value.end()}});
    }
    return std::nullopt;
}

Reading read_v2(Bytes bytes) {
    ByteReader fixed(bytes);
    fixed.bytes(kSignature.size());
    if (fixed.empty()) return std::nullopt;
    const unsigned version_and_command = fixed.u8();
    const unsigned command = version_and_command & 0x0f;
    if (version_and_command >> 4 != 2) return std::unexpected(HeaderError::bad_version);
    if (command != kLocal && command != kProxy) return std::unexpected(HeaderError::bad_command);
    if (fixed.empty()) return std::nullopt;
    const unsigned family_and_transport = fixed.u8();
    const unsigned family = family_and_transport >> 4;
    const unsigned transport = family_and_transport & 0x0f;
    if (command == kProxy && (family > kUnix || transport > kDatagram)) {
        return std::unexpected(HeaderError::bad_family);
    }
    if (fixed.size() < 2) return std::nullopt;
    const std::size_t length = fixed.u16();
    if (kFixed + length > kMaxHeader) return std::unexpected(HeaderError::too_large);
    const bool named = command == kProxy && family != 0 && transport == kStream;
    if (named && length < bytes_of_family(family)) return std::unexpected(HeaderError::too_short);
    if (fixed.size() < length) return std::nullopt;

    Header header{.version = Version::v2, .local = command == kLocal, .bytes = kFixed + length};
    if (!named) return header;
    ByteReader body(fixed.bytes(length));
    header.addresses = read_binary(body, family);
    if (const auto error = read_tlvs(body, bytes.first(header.bytes), header.tlvs)) {
        return std::unexpected(*error);
    }
    return header;
}

class Writer {
  public:
    void add(std::string_view text) { add(as_bytes(text)); }
    void add(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void number8(unsigned value) { out_.push_back(static_cast<std::byte>(value)); }
    void number16(std::size_t value) {
        number8(static_cast<unsigned>(value >> 8));
        number8(static_cast<unsigned>(value & 0xff));
    }
    std::size_t size() const { return out_.size(); }
    std::vector<std::byte> take() { return std::move(out_); }

  private:
    std::vector<std::byte> out_;
};

void write_ip(Writer& out, const Endpoint& endpoint) {
    std::array<std::byte, 16> address{};
    const bool v4 = endpoint.kind == Endpoint::Kind::ipv4;
    inet_pton(v4 ? AF_INET : AF_INET6, endpoint.host.c_str(), address.data());
    out.add(Bytes(address).first(v4 ? 4 : 16));
}

void write_path(Writer& out, const Endpoint& endpoint) {
    std::array<char, kUnixPath> path{};
    endpoint.host.copy(path.data(), path.size());
    out.add(std::string_view(path.data(), path.size()));
}

std::vector<std::byte> write_v2(const Header& header, const std::optional<Addresses>& addresses) {
    Writer body;
    unsigned family = 0;
    if (addresses && addresses->source.kind == Endpoint::Kind::unix_path) {
        family = kUnix;
        write_path(body, addresses->source);
        write_path(body, addresses->destination);
    } else if (addresses) {
        family = addresses->source.kind == Endpoint::Kind::ipv4 ? kInet : kInet6;
        write_ip(body, addresses->source);
        write_ip(body, addresses->destination);
        body.number16(addresses->source.port);
        body.number16(addresses->destination.port);
    }
    for (const Tlv& tlv : header.tlvs) {
        if (!addresses) break;  // nobody would know where they begin
        body.number8(tlv.type);
        body.number16(tlv.value.size());
        body.add(tlv.value);
    }
    assert(kFixed + body.size() <= kMaxHeader && "the caller keeps TLVs short");
    Writer out;
    out.add(kSignature);
    out.number8(0x20u | (header.local ? kLocal : kProxy));
    out.number8(family == 0 ? 0 : family << 4 | kStream);
    out.number16(body.size());
    out.add(body.take());
    return out.take();
}

/// ::ffff:192.0.2.1 as 192.0.2.1; anything else as it is.
Endpoint unmapped(const Endpoint& endpoint) {
    constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    std::array<std::byte, 16> address{};
    if (endpoint.kind != Endpoint::Kind::ipv6 ||
        inet_pton(AF_INET6, endpoint.host.c_str(), address.data()) != 1 ||
        !as_text(address).starts_with(kMapped)) {
        return endpoint;
    }
    return {Endpoint::Kind::ipv4, read_ip(AF_INET, Bytes(address).subspan(12)), endpoint.port};
}

}  // namespace

}  // namespace sni::proxy
