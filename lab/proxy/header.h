// The PROXY protocol's header (HAProxy's proxy-protocol.txt), version 1 and 2: what a proxy says,
// in front of everything else, about the connection that it passes on. Who is believed is the
// caller's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::proxy {

enum class Version { v1 = 1, v2 = 2 };

/// The two ends of the connection that was accepted first. A Unix path is as sent, any bytes:
/// escape it where it is shown.
struct Addresses {
    Endpoint source;
    Endpoint destination;
    bool operator==(const Addresses&) const = default;
};

/// What version 2 may carry beside the addresses (§2.2, PP2_TYPE_…).
struct Tlv {
    std::uint8_t type = 0;
    std::vector<std::byte> value;
    bool operator==(const Tlv&) const = default;
};
inline constexpr std::uint8_t kTlvAlpn = 0x01;
inline constexpr std::uint8_t kTlvAuthority = 0x02;
inline constexpr std::uint8_t kTlvCrc32c = 0x03;

/// Without addresses those of the TCP connection itself hold: the sender speaks for itself (LOCAL),
/// or for what it cannot name (UNKNOWN, UNSPEC, datagrams). What else such a header says is passed
/// over, as the specification has it.
struct Header {
    Version version = Version::v2;
    bool local = false;  ///< the LOCAL command: a health check of the proxy's own
    std::optional<Addresses> addresses;
    std::vector<Tlv> tlvs;
    std::size_t bytes = 0;  ///< its length on the wire
    bool operator==(const Header&) const = default;
};

/// Why bytes are no header.
enum class HeaderError {
    no_header,      ///< they begin with neither signature
    line_too_long,  ///< v1: no CRLF within 107 bytes
    bad_line,       ///< v1: not the words, addresses or ports that the format has
    bad_version,    ///< v2: another version than 2
    bad_command,    ///< v2: neither LOCAL nor PROXY
    bad_family,     ///< v2: an address family or a transport that does not exist
    too_large,      ///< v2: longer than kMaxHeader
    too_short,      ///< v2: no room for the addresses of its family
    bad_tlv,        ///< v2: one that does not end where the header does
    bad_checksum,   ///< v2: the CRC-32C in it is another one
};
/// The enumerator.
std::string_view to_string(HeaderError error);

/// The longest line of version 1, CRLF included.
inline constexpr std::size_t kMaxLine = 107;
/// Version 2 could say 65,551; addresses take 232 at most, and what proxies add takes a few
/// hundred.
inline constexpr std::size_t kMaxHeader = 4'096;

/// The header at the front of `bytes`, which begin where the connection does; nothing while it is
/// not whole. What is decided stays so, whatever follows.
Result<std::optional<Header>, HeaderError> read_header(Bytes bytes);

/// The header as bytes; `bytes` in it does not matter. Two IPv4-mapped addresses are written as
/// IPv4. What the version cannot say becomes UNKNOWN or UNSPEC: addresses of two families, a Unix
/// path in version 1. TLVs go into version 2 only, as they are, and must fit kMaxHeader.
std::vector<std::byte> write_header(const Header& header);

}  // namespace sni::proxy
