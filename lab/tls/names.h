// Names for the numbers in a ClientHello, as IANA's registries have them.
#pragma once

#include <cstdint>
#include <string>

namespace sni::tls {

/// Reserved values that clients send so that servers stay tolerant (RFC 8701): 0x0a0a, 0x1a1a, …
constexpr bool is_grease(std::uint16_t value) {
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/// Each is the registry's name, "GREASE", or the number as "0x1a2b" where it has no name here.
std::string version_name(std::uint16_t version);          ///< "TLSv1.3", as OpenSSL says it
std::string extension_name(std::uint16_t type);           ///< "server_name"
std::string group_name(std::uint16_t group);              ///< "x25519"
std::string signature_scheme_name(std::uint16_t scheme);  ///< "ecdsa_secp256r1_sha256"

}  // namespace sni::tls
