// A ClientHello as a value, and the strict reader of its body (RFC 8446 §4.1.2). Records and TCP
// segments are the sniffer's business; cryptographic contents are nobody's here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/result.h"

namespace sni::tls {

struct ClientHello {
    /// Of a server name; no DNS name is longer. Of ALPN names, all together.
    static constexpr std::size_t kKeptBytes = 256;
    static constexpr std::size_t kKeptNames = 16;

    std::optional<std::string> server_name;  ///< a DnsName: checked, in lower case
    // As sent, any bytes. What a client chooses is kept only so far: a legal hello can make a
    // megabyte of 64 kB.
    std::optional<std::string> server_name_sent;    ///< its first kKeptBytes
    std::size_t server_name_more = 0;               ///< bytes behind them
    std::vector<std::string> alpn;                  ///< each of 1 to 255; the first of them
    std::size_t alpn_more = 0;                      ///< names behind them
    std::vector<std::uint16_t> supported_versions;  ///< as sent, GREASE included
    std::uint16_t legacy_version = 0;
    bool ech_offered = false;
    std::size_t message_bytes = 0;  ///< of the handshake message, its four-byte header included
    std::size_t records = 0;        ///< TLS records it came in
    std::size_t listed_bytes = 0;   ///< of the lists that a fingerprint is made of
    bool operator==(const ClientHello&) const = default;
};

/// Why a body is refused.
enum class HelloError {
    malformed,        ///< a length that lies, a vector out of its bounds, bytes left over
    duplicate,        ///< an extension type twice, or two names in server_name
    bad_name,         ///< a server name that no DNS name can be
    unroutable_name,  ///< an IP literal, or a name with a trailing dot
};

/// A name that ends in a dot is none by RFC 6066 §3, but some clients send what they were given.
enum class TrailingDot {
    refuse,
    strip,  ///< one; the name is read as if the dot were not there
};

/// Reads the message's body, behind type and length. Every vector must end exactly where its parent
/// says: a router that guesses here may route to another backend than the one that will read the
/// same bytes. `message_bytes` and `records` are left to the caller.
Result<ClientHello, HelloError> parse_client_hello(Bytes body,
                                                   TrailingDot dot = TrailingDot::refuse);

/// The same into `hello`. After an error it holds what was read before that: for a log, and nobody
/// routes by it.
std::optional<HelloError> read_client_hello(Bytes body, TrailingDot dot, ClientHello& hello);

}  // namespace sni::tls
