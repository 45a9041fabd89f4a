#include "certs/install.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::certs {

Result<void, std::string> try_install(ssl_ctx_st* context, std::string_view chain_pem,
                                      const KeyPem& key) {
    const auto chain = read_certificates(chain_pem);
    if (!chain) return std::unexpected(chain.error());
    const auto secret = read_private_key(key);
    if (!secret) return std::unexpected(secret.error());
    ERR_clear_error();
    // The certificate first: the key is held against it.
    bool works = SSL_CTX_use_certificate(context, chain->front().get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, secret->get()) == 1;
    for (std::size_t i = 1; works && i < chain->size(); ++i) {
        works = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
    }
    if (!works) return std::unexpected(drain_errors());
    return {};
}

void install(ssl_ctx_st* context, std::string_view chain_pem, const KeyPem& key,
             std::string_view whose) {
    const auto installed = try_install(context, chain_pem, key);
    if (installed) return;
    throw Failure(Exit::machine, code::kOpenSsl,
                  fmt::format("the certificate and key of {} cannot be used", whose),
                  installed.error());
}

}  // namespace sni::certs
