// The ciphers that a backend is told to use. For .cpp files only.
#pragma once

#include <openssl/ssl.h>

#include "lab/backend/backend.h"

namespace sni::backend {

/// Lets the context use what Options::ciphers names. Throws Failure(Exit::usage) for what is no
/// list of ciphers.
void limit_ciphers(SSL_CTX* context, const Options& options);

}  // namespace sni::backend
