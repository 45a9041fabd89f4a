// Version 2 of the PROXY header: sixteen fixed bytes, addresses, TLVs (§2.2).
#include <array>
#include <cassert>
#include <utility>

#include <arpa/inet.h>

#include "lab/proxy/versions.h"

namespace sni::proxy {

namespace {

constexpr std::size_t kFixed = 16;  // signature, version and command, family, length
constexpr std::size_t kUnixPath = 108;
constexpr unsigned kLocal = 0, kProxy = 1;
constexpr unsigned kInet = 1, kInet6 = 2, kUnix = 3;
constexpr unsigned kStream = 1, kDatagram = 2;

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

}  // namespace

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

}  // namespace sni::proxy
