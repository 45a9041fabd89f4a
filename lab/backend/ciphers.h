// The ciphers that a backend is told to use. For .cpp files only.
#pragma once

#include <openssl/ssl.h>

#include "lab/backend/backend.h"

namespace sni::backend {

/// True when some of Options::ciphers are for TLS 1.2, and it is served.
bool names_ciphers_of_1_2(const Options& options);

/// Lets the context use what Options::ciphers names. Throws Failure(Exit::usage) for what is no
/// list of ciphers, or one of versions that are not served.
void limit_ciphers(SSL_CTX* context, const Options& options);

}  // namespace sni::backend
