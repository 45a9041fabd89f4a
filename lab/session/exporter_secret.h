// The exporter of a TLS 1.3 session out of its exporter_master_secret, as a key log has it: for
// sessions that are not in our hands.
#pragma once

#include <optional>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

namespace sni::session {

/// What exporter_digest() gives for a session of TLS 1.3 whose secret this is (RFC 8446 §7.5). The
/// hash goes by the secret's length: 32 bytes SHA-256, 48 SHA-384; nothing for another length.
std::optional<Digest> exporter_digest(Bytes exporter_master_secret, const proof::Nonce& nonce);

}  // namespace sni::session
