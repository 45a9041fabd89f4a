// The numbers of IANA's registries that the code itself looks for; names.h has words for the rest.
#pragma once

#include <cstdint>

namespace sni::tls {

/// TLS ContentType: the first byte of a record (RFC 8446 §5.1).
namespace content_type {
inline constexpr std::uint8_t kChangeCipherSpec = 20;
inline constexpr std::uint8_t kAlert = 21;
inline constexpr std::uint8_t kHandshake = 22;
inline constexpr std::uint8_t kApplicationData = 23;
}  // namespace content_type

/// TLS HandshakeType: the first byte of a handshake message (RFC 8446 §4).
namespace handshake_type {
inline constexpr std::uint8_t kHelloRequest = 0;  // RFC 5246 §7.4.1.1, not in TLS 1.3
inline constexpr std::uint8_t kClientHello = 1;
inline constexpr std::uint8_t kServerHello = 2;
inline constexpr std::uint8_t kNewSessionTicket = 4;  // in the clear below TLS 1.3 (RFC 5077 §3.3)
inline constexpr std::uint8_t kCertificate = 11;
inline constexpr std::uint8_t kServerKeyExchange = 12;  // RFC 5246 §7.4, not in TLS 1.3
inline constexpr std::uint8_t kClientKeyExchange = 16;  // as ServerKeyExchange
inline constexpr std::uint8_t kCertificateStatus = 22;  // RFC 6066 §8
}  // namespace handshake_type

/// TLS ExtensionType (RFC 8446 §4.2 and the registry).
namespace extension {
inline constexpr std::uint16_t kServerName = 0;
inline constexpr std::uint16_t kSupportedGroups = 10;
inline constexpr std::uint16_t kPointFormats = 11;
inline constexpr std::uint16_t kSignatureAlgorithms = 13;
inline constexpr std::uint16_t kAlpn = 16;
inline constexpr std::uint16_t kExtendedMasterSecret = 23;  // RFC 7627
inline constexpr std::uint16_t kSessionTicket = 35;         // RFC 5077
inline constexpr std::uint16_t kPreSharedKey = 41;
inline constexpr std::uint16_t kEarlyData = 42;
inline constexpr std::uint16_t kSupportedVersions = 43;
inline constexpr std::uint16_t kPskModes = 45;
inline constexpr std::uint16_t kKeyShare = 51;
inline constexpr std::uint16_t kEncryptedClientHello = 0xfe0d;
}  // namespace extension

}  // namespace sni::tls
