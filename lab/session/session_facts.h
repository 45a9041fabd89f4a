// What OpenSSL's engine at one end of a TLS session knows of it. Client and backend read it with
// the same code, so that the same session gives the same words at both ends.
#pragma once

#include <optional>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

struct ssl_st;  // OpenSSL's SSL

namespace sni::session {

/// After the handshake. `sni` is what the client sent, at either end.
proof::TlsFacts session_facts(ssl_st* ssl);

/// The ServerHello's random, which exporters go by below TLS 1.3 (RFC 5705 §4); nothing for
/// TLS 1.3.
std::optional<Digest> server_random(ssl_st* ssl);

/// SHA-256 of the exporter with proof::kExporterLabel and `nonce` as context (RFC 5705, RFC 8446
/// §7.5); the exporter itself is wiped. Nothing when the session cannot export.
std::optional<Digest> exporter_digest(ssl_st* ssl, const proof::Nonce& nonce);

}  // namespace sni::session
