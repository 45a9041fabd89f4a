// What all TLS sessions of a backend share: certificate, key, versions and the rest of the policy.
// For .cpp files only.
#pragma once

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/backend/backend.h"

namespace sni::backend {

using SslContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;

/// TLS 1.2 and 1.3, http/1.1 by ALPN and never h2, tickets on, renegotiation and early data off.
/// Throws Failure(Exit::usage) for a certificate, key or client CA that cannot be used.
SslContextPtr make_tls_context(const Options& options);

}  // namespace sni::backend
