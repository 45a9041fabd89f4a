#include "lab/backend/tls_details.h"

#include <array>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/digest.h"
#include "certs/openssl.h"
#include "lab/core/bytes.h"
#include "lab/core/dns_name.h"

namespace sni::backend {

namespace {

using certs::check;

/// As RFC 8446 §4.2.3 writes them, but without the curve.
std::string signature_of(SSL* ssl) {
    int type = NID_undef;
    int hash = NID_undef;
    if (SSL_get_signature_type_nid(ssl, &type) != 1) return "";
    const auto hashed = [&](const char* scheme) {
        if (SSL_get_signature_nid(ssl, &hash) != 1) return std::string(scheme);
        return std::string(scheme) + "_" + to_lower_ascii(OBJ_nid2sn(hash));
    };
    switch (type) {
        case EVP_PKEY_RSA:
            return hashed("rsa_pkcs1");
        case EVP_PKEY_RSA_PSS:
            return hashed("rsa_pss");
        case EVP_PKEY_EC:
            return hashed("ecdsa");
        default:
            return to_lower_ascii(OBJ_nid2sn(type));
    }
}

}  // namespace

httpbin::Handshake handshake_of(SSL* ssl) {
    return {.signature = signature_of(ssl),
            .early_data = SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED};
}

std::optional<Digest> channel_binding_sha256(SSL* ssl) {
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    const bool bound = SSL_version(ssl) == TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1;
    if (!bound) return std::nullopt;
    std::array<unsigned char, 32> exporter{};
    // The context is there and empty; to TLS 1.2 that is not the same as none (RFC 5705 §4).
    static constexpr unsigned char kContext[] = "";
    const int exported =
        SSL_export_keying_material(ssl, exporter.data(), exporter.size(), kLabel.data(),
                                   kLabel.size(), kContext, 0, /*use_context=*/1);
    std::optional<Digest> digest;
    if (exported == 1) digest = certs::sha256(std::as_bytes(std::span(exporter)));
    OPENSSL_cleanse(exporter.data(), exporter.size());
    ERR_clear_error();
    return digest;
}

std::optional<std::string> client_certificate_pem(SSL* ssl) {
    const certs::X509Ptr certificate(SSL_get1_peer_certificate(ssl));
    if (!certificate) return std::nullopt;
    const certs::BioPtr memory(check(BIO_new(BIO_s_mem()), "make a memory BIO"));
    check(PEM_write_bio_X509(memory.get(), certificate.get()), "write a certificate");
    return certs::text_of(memory.get());
}

}  // namespace sni::backend
