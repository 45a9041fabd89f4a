// TLS alerts: what a client is told before we close (RFC 8446 §6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sni::tls {

enum class Alert : std::uint8_t {
    unexpected_message = 10,
    record_overflow = 22,
    illegal_parameter = 47,
    decode_error = 50,
    protocol_version = 70,
    internal_error = 80,
    missing_extension = 109,
    unrecognized_name = 112,
};
/// The enumerator.
std::string_view to_string(Alert alert);

/// The whole record: a fatal alert in the clear, as it may stand before any handshake message.
std::array<std::byte, 7> alert_record(Alert alert);

}  // namespace sni::tls
