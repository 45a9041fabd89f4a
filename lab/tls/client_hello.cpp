#include "lab/tls/client_hello.h"

#include <bitset>

#include "lab/core/dns_name.h"
#include "lab/core/endpoint.h"
#include "lab/tls/code_points.h"

namespace sni::tls {

namespace {

std::optional<HelloError> read_extensions(ByteReader extensions, TrailingDot dot,
                                          ClientHello& hello);
Result<std::string, HelloError> parse_server_name(Bytes extension, TrailingDot dot,
                                                  ClientHello& hello);
bool parse_alpn(Bytes extension, ClientHello& hello);
std::optional<std::vector<std::uint16_t>> parse_supported_versions(Bytes extension);

}  // namespace

Result<ClientHello, HelloError> parse_client_hello(Bytes body, TrailingDot dot) {
    ClientHello hello;
    if (const auto error = read_client_hello(body, dot, hello)) return std::unexpected(*error);
    return hello;
}

std::optional<HelloError> read_client_hello(Bytes body, TrailingDot dot, ClientHello& hello) {
    ByteReader reader(body);
    hello.legacy_version = reader.u16();
    reader.bytes(32);  // random
    const ByteReader session_id = reader.vec8();
    const ByteReader cipher_suites = reader.vec16();
    const ByteReader compression = reader.vec8();
    if (!reader.ok() || session_id.size() > 32 || cipher_suites.size() < 2 ||
        cipher_suites.size() % 2 != 0 || compression.empty()) {
        return HelloError::malformed;
    }
    hello.listed_bytes = cipher_suites.size();
    // Without extensions, as before TLS 1.2 (RFC 5246 §7.4.1.2).
    if (reader.empty()) return std::nullopt;

    const ByteReader extensions = reader.vec16();
    if (!reader.done()) return HelloError::malformed;
    return read_extensions(extensions, dot, hello);
}

namespace {

std::optional<HelloError> read_extensions(ByteReader extensions, TrailingDot dot,
                                          ClientHello& hello) {
    // A bad name is told only when everything else is in order: framing errors come first.
    std::optional<HelloError> name_error;
    std::bitset<65536> seen;
    while (!extensions.empty()) {
        const std::uint16_t type = extensions.u16();
        const Bytes data = extensions.vec16().rest();
        if (!extensions.ok()) return HelloError::malformed;
        if (seen[type]) return HelloError::duplicate;
        seen[type] = true;
        hello.listed_bytes += sizeof type;

        if (type == extension::kServerName) {
            auto name = parse_server_name(data, dot, hello);
            if (name) {
                hello.server_name = std::move(*name);
            } else if (name.error() == HelloError::malformed ||
                       name.error() == HelloError::duplicate) {
                return name.error();
            } else {
                name_error = name.error();
            }
        } else if (type == extension::kAlpn) {
            if (!parse_alpn(data, hello)) return HelloError::malformed;
            hello.listed_bytes += data.size();
        } else if (type == extension::kSupportedVersions) {
            auto versions = parse_supported_versions(data);
            if (!versions) return HelloError::malformed;
            hello.supported_versions = std::move(*versions);
        } else if (type == extension::kSignatureAlgorithms) {
            hello.listed_bytes += data.size();
        } else if (type == extension::kEncryptedClientHello) {
            hello.ech_offered = true;
        }
    }
    return name_error;
}

/// Reads the host_name out of a server_name extension (RFC 6066 §3):
///   u16 list length, then entries of { u8 type, u16 length, name }.
/// No other type than host_name was ever defined, so the list is one entry that fills it.
Result<std::string, HelloError> parse_server_name(Bytes extension, TrailingDot dot,
                                                  ClientHello& hello) {
    constexpr std::uint8_t kHostName = 0;
    ByteReader reader(extension);
    ByteReader list = reader.vec16();
    const std::uint8_t type = list.u8();
    const Bytes host = list.vec16().rest();
    if (!reader.done() || !list.ok() || type != kHostName || host.empty()) {
        return std::unexpected(HelloError::malformed);
    }
    hello.server_name_sent = as_text(host).substr(0, ClientHello::kKeptBytes);
    hello.server_name_more = host.size() - hello.server_name_sent->size();
    if (!list.empty()) {
        const bool second_name = list.u8() == kHostName;
        list.vec16();
        return std::unexpected(list.done() && second_name ? HelloError::duplicate
                                                          : HelloError::malformed);
    }
    std::string_view text = as_text(host);
    if (dot == TrailingDot::strip && text.ends_with('.')) text.remove_suffix(1);
    auto name = DnsName::parse(text);
    if (name) return name->text();
    const bool unroutable = name.error() == DnsNameError::trailing_dot || is_ip_literal(text);
    return std::unexpected(unroutable ? HelloError::unroutable_name : HelloError::bad_name);
}

/// RFC 7301 §3.1: u16 list length, then at least one name of 1 to 255 bytes. All are checked, and
/// the first of them kept.
bool parse_alpn(Bytes extension, ClientHello& hello) {
    ByteReader reader(extension);
    ByteReader list = reader.vec16();
    if (!reader.done() || list.empty()) return false;
    std::size_t kept = 0;
    while (!list.empty()) {
        const Bytes name = list.vec8().rest();
        if (name.empty()) return false;
        kept += name.size();
        if (hello.alpn_more == 0 && hello.alpn.size() < ClientHello::kKeptNames &&
            kept <= ClientHello::kKeptBytes) {
            hello.alpn.emplace_back(as_text(name));
        } else {
            ++hello.alpn_more;
        }
    }
    return list.ok();
}

/// RFC 8446 §4.2.1, as a client sends it: u8 list length, then at least one version.
std::optional<std::vector<std::uint16_t>> parse_supported_versions(Bytes extension) {
    ByteReader reader(extension);
    ByteReader list = reader.vec8();
    if (!reader.done() || list.empty() || list.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint16_t> versions;
    while (!list.empty()) {
        versions.push_back(list.u16());
    }
    return versions;
}

}  // namespace

}  // namespace sni::tls
