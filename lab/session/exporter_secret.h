// The exporter of a TLS session out of the secret that a key log has of it: for sessions that are
// not in our hands.
#pragma once

#include <optional>
#include <string_view>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

namespace sni::session {

/// What exporter_digest() gives for a session of TLS 1.3 whose secret this is (RFC 8446 §7.5). The
/// hash goes by the secret's length: 32 bytes SHA-256, 48 SHA-384; nothing for another length.
std::optional<Digest> exporter_digest(Bytes exporter_master_secret, const proof::Nonce& nonce);

/// Of a session of TLS 1.2 what its exporters come from.
struct MasterSecret {
    Bytes secret;
    Bytes client_random;
    Bytes server_random;
    std::string_view cipher_suite;  ///< OpenSSL's name: its hash is the PRF's
};

/// The same for TLS 1.2 (RFC 5705 §4, with the PRF of RFC 5246 §5). Nothing where a length is none
/// of TLS 1.2.
std::optional<Digest> exporter_digest(const MasterSecret& master, const proof::Nonce& nonce);

}  // namespace sni::session
