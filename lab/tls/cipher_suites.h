// What a cipher suite is called, and what it protects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sni::tls {

/// IANA's name ("TLS_AES_128_GCM_SHA256"), "GREASE", or the number as "0x1a2b" where it has none.
std::string cipher_suite_name(std::uint16_t suite);

struct SuiteFacts {
    /// False: who carries the bytes reads them (NULL suites, and RFC 9150's for integrity alone).
    bool encrypts = true;
    /// Below TLS 1.3: whoever gets the certificate's key or the PSK later cannot read what passed.
    bool forward_secrecy = true;
};

/// By a name as cipher_suite_name() gives it, a number included. Nothing: nobody knows.
std::optional<SuiteFacts> suite_facts(std::string_view name);

/// Its ServerKeyExchange begins with a psk_identity_hint (RFC 5489 §2), before the curve.
bool has_psk_hint(std::uint16_t suite);

}  // namespace sni::tls
