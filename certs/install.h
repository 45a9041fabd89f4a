// PEM into a TLS context, of either end. The one place that does it.
#pragma once

#include <string>
#include <string_view>

#include "certs/issue.h"
#include "lab/core/result.h"

struct ssl_ctx_st;

namespace sni::certs {

/// `context` shows `chain_pem` (leaf first, at least one certificate) and signs with `key`. The
/// error says why they cannot be used, in a sentence; use the context for nothing then.
Result<void, std::string> try_install(ssl_ctx_st* context, std::string_view chain_pem,
                                      const KeyPem& key);

/// The same for a pair that must fit: throws Failure(Exit::machine), which says that the
/// certificate of `whose` cannot be used, and why.
void install(ssl_ctx_st* context, std::string_view chain_pem, const KeyPem& key,
             std::string_view whose);

}  // namespace sni::certs
