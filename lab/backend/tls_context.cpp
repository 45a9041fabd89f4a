#include "lab/backend/tls_context.h"

#include <string_view>

#include "certs/inspect.h"
#include "certs/pem.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::backend {

namespace {

using certs::check;

/// http/1.1 when the client offers it. A client that offers other protocols only gets none and may
/// go on: a backend that refused would show in no tutorial.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
    static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    const int outcome =
        SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, in, in_size);
    *out = chosen;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// Any name is served. Only an accepted name is kept in the session, and told again after a
/// resumption.
int accept_any_name(SSL*, int*, void*) {
    return SSL_TLSEXT_ERR_OK;
}

[[noreturn]] void refuse(std::string_view code, std::string message, std::string why) {
    throw Failure(Exit::usage, code, std::move(message), std::move(why));
}

void use_certificate(SSL_CTX* context, const Options& options) {
    static constexpr std::string_view kMessage = "the backend cannot use its certificate and key";
    const auto refuse_pair = [](std::string why) {
        refuse(code::kBackendCertificate, std::string(kMessage), std::move(why));
    };
    if (const auto fits = certs::check_pair(options.chain_pem, options.key); !fits) {
        refuse_pair(fits.error());
    }
    auto chain = certs::read_certificates(options.chain_pem);
    const auto key = certs::read_private_key(options.key);
    if (!chain || !key) refuse_pair(chain ? key.error() : chain.error());
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
        refuse_pair(certs::drain_errors());
    }
    for (std::size_t i = 1; i < chain->size(); ++i) {
        check(SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1,
              "add to a certificate chain");
    }
}

void ask_for_client_certificates(SSL_CTX* context, const Options& options) {
    if (options.client_cert == ClientCert::off) return;
    if (!options.client_ca_pem) {
        throw Failure(Exit::usage, code::kBackendClientCa,
                      "client certificates are asked for, but there is no CA to check them with",
                      {}, "name one with --client-ca FILE");
    }
    const auto authorities = certs::read_certificates(*options.client_ca_pem);
    if (!authorities) {
        refuse(code::kBackendClientCa, "the backend cannot use its client CA", authorities.error());
    }
    for (const certs::X509Ptr& authority : *authorities) {
        check(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()),
              "trust a client CA");
        check(SSL_CTX_add_client_CA(context, authority.get()), "name a client CA");
    }
    const bool required = options.client_cert == ClientCert::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
}

}  // namespace

SslContextPtr make_tls_context(const Options& options) {
    SslContextPtr context(check(SSL_CTX_new(TLS_server_method()), "make a TLS context"));
    SSL_CTX* const c = context.get();
    check(SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1, "set the lowest TLS version");
    check(SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1, "set the highest TLS version");
    // Renegotiation would change the exporter's value on a living connection.
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    check(SSL_CTX_set_max_early_data(c, 0), "forbid early data");
    // Buffers of idle sessions are given back; a short write is continued from another address.
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Tickets resume sessions and cost no memory here; the context keeps apart what different
    // client certificate policies have accepted.
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    static constexpr unsigned char kContext[] = "sni-lab backend";
    check(SSL_CTX_set_session_id_context(c, kContext, sizeof kContext - 1),
          "name the session context");
    SSL_CTX_set_alpn_select_cb(c, choose_alpn, nullptr);
    SSL_CTX_set_tlsext_servername_callback(c, accept_any_name);
    use_certificate(c, options);
    ask_for_client_certificates(c, options);
    return context;
}

}  // namespace sni::backend
