// What the server's engine knows of a session beside what a statement signs. For .cpp files only.
#pragma once

#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "lab/core/bytes.h"
#include "lab/httpbin/exchange.h"

namespace sni::backend {

/// After the handshake.
httpbin::Handshake handshake_of(SSL* ssl);

/// SHA-256 of the exporter of RFC 9266; the exporter itself is wiped. Nothing when the session
/// cannot export, or when its exporter would not be bound to it (TLS 1.2 without extended master
/// secret).
std::optional<Digest> channel_binding_sha256(SSL* ssl);

/// Nothing when the client showed no certificate.
std::optional<std::string> client_certificate_pem(SSL* ssl);

}  // namespace sni::backend
