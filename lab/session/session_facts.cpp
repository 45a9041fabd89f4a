#include "lab/session/session_facts.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/digest.h"
#include "lab/core/dns_name.h"

namespace sni::session {

namespace {

/// Static RSA negotiates no group. After a full TLS 1.2 handshake with RSA key exchange OpenSSL
/// reports none either.
std::string group_of(SSL* ssl) {
    const int nid = static_cast<int>(SSL_get_negotiated_group(ssl));
    if (nid == NID_undef) return "";
    const char* name = SSL_group_to_name(ssl, nid);
    return name ? to_lower_ascii(name) : std::string();
}

std::string alpn_of(SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

}  // namespace

proof::TlsFacts session_facts(ssl_st* ssl) {
    const bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
    const char* sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return {
        .version = SSL_get_version(ssl),
        .cipher_suite = SSL_get_cipher_name(ssl),
        .group = group_of(ssl),
        .sni = sni ? std::optional<std::string>(sni) : std::nullopt,
        .alpn = alpn_of(ssl),
        .extended_master_secret = !tls13 && SSL_get_extms_support(ssl) == 1,
        .resumed = SSL_session_reused(ssl) == 1,
    };
}

std::optional<Digest> server_random(ssl_st* ssl) {
    if (SSL_version(ssl) == TLS1_3_VERSION) return std::nullopt;
    Digest random{};
    const std::size_t size =
        SSL_get_server_random(ssl, reinterpret_cast<unsigned char*>(random.data()), random.size());
    return size == random.size() ? std::optional(random) : std::nullopt;
}

std::optional<Digest> exporter_digest(ssl_st* ssl, const proof::Nonce& nonce) {
    std::array<unsigned char, 32> exporter{};
    const int exported = SSL_export_keying_material(
        ssl, exporter.data(), exporter.size(), proof::kExporterLabel.data(),
        proof::kExporterLabel.size(), reinterpret_cast<const unsigned char*>(nonce.data()),
        nonce.size(), /*use_context=*/1);
    std::optional<Digest> digest;
    if (exported == 1) digest = certs::sha256(std::as_bytes(std::span(exporter)));
    OPENSSL_cleanse(exporter.data(), exporter.size());
    ERR_clear_error();
    return digest;
}

}  // namespace sni::session
