// What all TLS sessions of a backend share: certificate, key, versions and the rest of the policy.
// For .cpp files only.
#pragma once

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/backend/backend.h"

namespace sni::backend {

using SslContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;

/// Versions, ciphers and protocols as the options say, tickets on, renegotiation and early data
/// off. Throws Failure(Exit::usage) for a certificate, key, client CA or policy that cannot be
/// used. The context refers to `options`, which must outlive it.
SslContextPtr make_tls_context(const Options& options);

}  // namespace sni::backend
