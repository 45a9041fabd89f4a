#include "lab/play/offer.h"

#include <array>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "certs/install.h"
#include "certs/openssl.h"
#include "lab/core/bytes.h"
#include "lab/core/encoding.h"

namespace sni::play {

namespace {

using scenario::HelloShape;
using scenario::Verifies;

constexpr const char* kPostQuantum = "X25519MLKEM768:X25519";
// RFC 8701 reserves these for clients that keep servers tolerant.
constexpr unsigned kGrease = 0x0A0A;
constexpr unsigned kOtherGrease = 0x1A1A;
// A private type, for what merely takes room.
constexpr unsigned kFiller = 0xFFA5;

/// OpenSSL writes extensions of this kind in front of its own, the server name among them.
void add_extension(SSL_CTX* context, unsigned type, const std::string& body) {
    const auto give = [](SSL*, unsigned, unsigned, const unsigned char** out, std::size_t* length,
                         X509*, std::size_t, int*, void* argument) {
        const auto* text = static_cast<const std::string*>(argument);
        *out = reinterpret_cast<const unsigned char*>(text->data());
        *length = text->size();
        return 1;
    };
    certs::check(SSL_CTX_add_custom_ext(context, type, SSL_EXT_CLIENT_HELLO, give, nullptr,
                                        const_cast<std::string*>(&body), nullptr, nullptr),
                 "offer an extension of our own");
}

void shape(SSL_CTX* context, HelloShape wanted) {
    static const std::string kNothing;
    static const std::string kOneByte(1, '\0');
    static const std::string kKeyShare(1216, '\0');  // as many bytes as X25519MLKEM768 takes
    static const std::string kFourKilobytes(4096, '\0');
    static const std::string kSixteenKilobytes(16'384, '\0');
    switch (wanted) {
        case HelloShape::grease:
            add_extension(context, kGrease, kNothing);
            add_extension(context, kOtherGrease, kOneByte);
            break;
        case HelloShape::padded:
            SSL_CTX_set_options(context, SSL_OP_TLSEXT_PADDING);
            break;
        case HelloShape::late_name:
            add_extension(context, kFiller, kFourKilobytes);
            break;
        case HelloShape::large:
            add_extension(context, kFiller, kSixteenKilobytes);
            break;
        case HelloShape::many_records:
            add_extension(context, kFiller, kFourKilobytes);
            SSL_CTX_set_max_send_fragment(context, 512);
            break;
        case HelloShape::post_quantum:
            if (SSL_CTX_set1_groups_list(context, kPostQuantum) == 1) break;
            ERR_clear_error();
            add_extension(context, kFiller, kKeyShare);
            break;
        default:  // cut on the way
            break;
    }
}

/// As a client that does not want to be told afterwards.
void verify(SSL_CTX* context, bool modern, const std::string& name, const std::string& ca_pem) {
    const certs::BioPtr text = certs::reader_of(ca_pem);
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    while (const certs::X509Ptr anchor{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) {
        X509_STORE_add_cert(store, anchor.get());
    }
    ERR_clear_error();  // the end of the PEM
    X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (modern) X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    certs::check(X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()),
                 "check the certificate's name");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

}  // namespace

bool knows_post_quantum() {
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    const bool known = SSL_CTX_set1_groups_list(context.get(), kPostQuantum) == 1;
    ERR_clear_error();
    return known;
}

std::vector<std::string> alpn_of(const scenario::CheckClient& client) {
    std::vector<std::string> names = client.alpn;
    for (std::string& name : names) {
        if (name != "random") continue;
        std::array<std::byte, 8> token{};
        certs::check(RAND_bytes(reinterpret_cast<unsigned char*>(token.data()),
                                static_cast<int>(token.size())),
                     "draw random bytes");
        name = "sni-lab-" + to_hex(token);
    }
    return names;
}

std::function<void(ssl_ctx_st*)> offer_of(const scenario::CheckClient& client,
                                          const certs::CertBundle* certificate,
                                          const std::optional<std::string>& sni,
                                          const std::optional<std::string>& ca_pem) {
    std::optional<certs::CertBundle> own;
    if (certificate) own = *certificate;
    return
        [wanted = client.hello, verifies = client.verifies, own, sni, ca_pem](ssl_ctx_st* context) {
            shape(context, wanted);
            if (verifies != Verifies::nothing && sni && ca_pem) {
                verify(context, verifies == Verifies::sans, *sni, *ca_pem);
            }
            if (own) certs::install(context, own->cert_pem, own->key, "the client");
        };
}

}  // namespace sni::play
