#include "lab/backend/tls_context.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include "certs/inspect.h"
#include "certs/install.h"
#include "certs/pem.h"
#include "lab/backend/ciphers.h"
#include "lab/core/bytes.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/session/tls_stream.h"
#include "lab/tls/hello_view.h"

namespace sni::backend {

namespace {

using certs::check;

/// The first of ours that the client offers. A client that offers others only gets none and may go
/// on: a backend that refused would show in no tutorial.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void* options) {
    const std::string_view offered(reinterpret_cast<const char*>(in), in_size);
    for (const std::string& ours : static_cast<const Options*>(options)->alpn) {
        for (std::size_t at = 0; at < offered.size();) {
            const auto size = static_cast<unsigned char>(offered[at]);
            const std::string_view theirs = offered.substr(at + 1, size);
            if (theirs == ours) {
                *out = in + at + 1;
                *out_size = size;
                return SSL_TLSEXT_ERR_OK;
            }
            at += 1u + size;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

void log_key(const SSL* ssl, const char* line) {
    const auto* options = static_cast<const Options*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    options->key_log(line);
}

/// Any name is served. Only an accepted name is kept in the session, and told again after a
/// resumption.
int accept_any_name(SSL*, int*, void*) {
    return SSL_TLSEXT_ERR_OK;
}

/// The host name of the hello that is being read, any bytes.
std::optional<std::string_view> name_asked_for(SSL* ssl) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) {
        return std::nullopt;
    }
    const auto host = tls::read_server_names(std::as_bytes(std::span(data, size))).host;
    return host ? std::optional(as_text(*host)) : std::nullopt;
}

/// Below TLS 1.3 a session goes on under its own name alone, and under another one begins anew
/// (RFC 6066 §3); OpenSSL would go on and tell of the old name. TLS 1.3 takes the name of each
/// hello.
SSL_TICKET_RETURN judge_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
    const bool ours = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    if (!ours) return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
        const char* const name = SSL_SESSION_get0_hostname(session);
        const auto own = name ? std::optional<std::string_view>(name) : std::nullopt;
        if (own != name_asked_for(ssl)) return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

[[noreturn]] void refuse(std::string_view code, std::string message, std::string why) {
    throw Failure(Exit::usage, code, std::move(message), std::move(why));
}

int number_of(TlsVersion version) {
    return version == TlsVersion::v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void limit_versions(SSL_CTX* context, const Options& options) {
    if (options.min_tls > options.max_tls) {
        refuse(code::kBackendPolicy, "the lowest TLS version is above the highest", {});
    }
    check(SSL_CTX_set_min_proto_version(context, number_of(options.min_tls)) == 1,
          "set the lowest TLS version");
    check(SSL_CTX_set_max_proto_version(context, number_of(options.max_tls)) == 1,
          "set the highest TLS version");
}

void check_alpn(const Options& options) {
    static constexpr std::array<std::string_view, 3> kNotSpoken = {"h2", "h2c", "h3"};
    for (const std::string& name : options.alpn) {
        if (std::ranges::find(kNotSpoken, name) != kNotSpoken.end()) {
            refuse(code::kBackendPolicy, fmt::format("this backend does not speak {}", name),
                   "a client that were told so would send what no HTTP/1.1 server can read");
        }
        if (name.empty() || name.size() > 255) {
            refuse(code::kBackendPolicy, "an ALPN name has 1 to 255 bytes", {});
        }
    }
}

void use_certificate(SSL_CTX* context, const Options& options) {
    static constexpr std::string_view kMessage = "the backend cannot use its certificate and key";
    const auto refuse_pair = [](std::string why) {
        refuse(code::kBackendCertificate, std::string(kMessage), std::move(why));
    };
    if (const auto fits = certs::check_pair(options.chain_pem, options.key); !fits) {
        refuse_pair(fits.error());
    }
    if (const auto used = certs::try_install(context, options.chain_pem, options.key); !used) {
        refuse_pair(used.error());
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
    const bool rooted = std::ranges::any_of(*authorities, [](const certs::X509Ptr& authority) {
        return (X509_get_extension_flags(authority.get()) & EXFLAG_SS) != 0;
    });
    if (!rooted) {
        throw Failure(Exit::usage, code::kBackendClientCa,
                      "the client CA has no root, so no client could be accepted",
                      "each certificate in it was signed by another one that is not there",
                      "append the self-signed certificate of the authority above it");
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

/// A handshake with ourselves, in memory. The other end offers whatever OpenSSL has in suites, and
/// what it offers by itself in groups and signatures, as curl does. Nobody is asked for a
/// certificate.
bool handshake_works(SSL_CTX* context, TlsVersion highest) {
    const SslContextPtr client_context(
        check(SSL_CTX_new(TLS_client_method()), "make a TLS context"));
    SSL_CTX_set_max_proto_version(client_context.get(), number_of(highest));
    SSL_CTX_set_cipher_list(client_context.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_ciphersuites(client_context.get(),
                             "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                             "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                             "TLS_AES_128_CCM_8_SHA256");
    const certs::Owned<SSL, SSL_free> server(check(SSL_new(context), "make a TLS session"));
    const certs::Owned<SSL, SSL_free> client(
        check(SSL_new(client_context.get()), "make a TLS session"));
    BIO* ours = nullptr;
    BIO* theirs = nullptr;
    check(BIO_new_bio_pair(&ours, 0, &theirs, 0) == 1, "make a pair of BIOs");
    SSL_set_bio(server.get(), ours, ours);
    SSL_set_bio(client.get(), theirs, theirs);
    SSL_set_verify(server.get(), SSL_VERIFY_NONE, nullptr);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    using session::TlsStream;
    TlsStream asking(client.get());
    TlsStream answering(server.get());
    constexpr int kMostTurns = 100;
    for (int turn = 0; turn < kMostTurns; ++turn) {
        const TlsStream::Io asked = asking.handshake();
        const TlsStream::Io answered = answering.handshake();
        if (asked == TlsStream::Io::failed || answered == TlsStream::Io::failed) return false;
        if (asked == TlsStream::Io::done && answered == TlsStream::Io::done) return true;
    }
    return false;
}

/// Somebody must be able to finish a handshake, and by TLS 1.2, too, where the list of ciphers says
/// how. Without one there may be keys that only TLS 1.3 has signatures for.
void try_handshakes(SSL_CTX* context, const Options& options) {
    if (!handshake_works(context, TlsVersion::v1_3)) {
        throw Failure(Exit::usage, code::kNoHandshake,
                      "no client could finish a TLS handshake with this backend",
                      "its key, its ciphers and its TLS versions do not go together, or the key is "
                      "on a curve that clients do not offer",
                      "take a P-256 or RSA key, or leave --ciphers to OpenSSL");
    }
    if (!names_ciphers_of_1_2(options) || handshake_works(context, TlsVersion::v1_2)) return;
    throw Failure(Exit::usage, code::kNoHandshake,
                  "no client of TLS 1.2 could finish a handshake with this backend",
                  fmt::format("its key does not go with \"{}\"", printable(options.ciphers)),
                  "name suites for its kind of key, or serve TLS 1.3 alone: --min-tls 1.3");
}

}  // namespace

SslContextPtr make_tls_context(const Options& options) {
    SslContextPtr context(check(SSL_CTX_new(TLS_server_method()), "make a TLS context"));
    SSL_CTX* const c = context.get();
    limit_versions(c, options);
    limit_ciphers(c, options);
    check_alpn(options);
    use_certificate(c, options);
    try_handshakes(c, options);
    if (options.key_log) {
        check(SSL_CTX_set_app_data(c, const_cast<Options*>(&options)) == 1, "set application data");
        SSL_CTX_set_keylog_callback(c, log_key);
    }
    // Renegotiation would change the exporter's value on a living connection.
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    check(SSL_CTX_set_max_early_data(c, 0), "forbid early data");
    // Buffers of idle sessions are given back; a short write is continued from another address.
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A record takes one call of the kernel, and not one for its header and one for the rest.
    SSL_CTX_set_read_ahead(c, 1);
    // Tickets resume sessions and cost no memory here; the context keeps apart what different
    // client certificate policies have accepted.
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    // One a handshake (RFC 8446 §4.6.1 leaves it open): OpenSSL's second one costs a twentieth of
    // the handshake, and the first may be used again.
    check(SSL_CTX_set_num_tickets(c, 1) == 1, "choose how many tickets there are");
    check(SSL_CTX_set_session_ticket_cb(c, nullptr, judge_ticket, nullptr) == 1,
          "choose which tickets count");
    static constexpr unsigned char kContext[] = "sni-lab backend";
    check(SSL_CTX_set_session_id_context(c, kContext, sizeof kContext - 1),
          "name the session context");
    SSL_CTX_set_alpn_select_cb(c, choose_alpn, const_cast<Options*>(&options));
    SSL_CTX_set_tlsext_servername_callback(c, accept_any_name);
    ask_for_client_certificates(c, options);
    return context;
}

}  // namespace sni::backend
