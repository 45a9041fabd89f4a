#include "lab/client/offer.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/core/encoding.h"

namespace sni::client {

namespace {

/// CPython's PY_SSL_DEFAULT_CIPHER_STRING, which Debian's own build leaves out.
constexpr const char* kPythonSuites =
    "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM";

/// Node's tls.DEFAULT_CIPHERS without those of TLS 1.3, which are OpenSSL's own.
constexpr const char* kNodeSuites =
    "@SECLEVEL=1:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:"
    "DHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:"
    "!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA";

constexpr const char* kBrowserSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:"
    "AES256-SHA";
constexpr const char* kBrowserSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kBrowserSignatures =
    "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256:ecdsa_secp384r1_sha384:"
    "rsa_pss_rsae_sha384:rsa_pkcs1_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha512";

/// The groups of today's browsers, as far as this OpenSSL has them.
std::string browser_groups() {
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    const std::string classic = "X25519:P-256:P-384";
    const std::string hybrid = "X25519MLKEM768:" + classic;
    const bool known = SSL_CTX_set1_groups_list(context.get(), hybrid.c_str()) == 1;
    ERR_clear_error();
    return known ? hybrid : classic;
}

/// Whatever comes back for it is passed over.
void add_extension(SSL_CTX* context, unsigned type, unsigned answered_in, std::size_t bytes) {
    static constexpr unsigned char kZeroes[1] = {0};
    const auto give = [](SSL*, unsigned, unsigned where, const unsigned char** out,
                         std::size_t* length, X509*, std::size_t, int*, void* argument) {
        *out = kZeroes;
        *length = argument ? sizeof kZeroes : 0;
        return where == SSL_EXT_CLIENT_HELLO ? 1 : 0;
    };
    certs::check(SSL_CTX_add_custom_ext(context, type, SSL_EXT_CLIENT_HELLO | answered_in, give,
                                        nullptr, bytes == 0 ? nullptr : context, nullptr, nullptr),
                 "offer an extension of our own");
}

void add_browser_extensions(SSL_CTX* context) {
    constexpr unsigned kGrease = 0x0A0A;
    constexpr unsigned kOtherGrease = 0x1A1A;
    SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
    add_extension(context, kGrease, 0, 0);
    add_extension(context, TLSEXT_TYPE_signed_certificate_timestamp,
                  SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE, 0);
    add_extension(context, kOtherGrease, 0, 1);
}

std::string alpn_wire(const std::vector<std::string>& names) {
    std::string wire;
    for (const std::string& name : names) {
        wire += static_cast<char>(name.size());
        wire += name;
    }
    return wire;
}

/// The lists, which are people's; the error is a sentence's end.
Result<void, std::string> set_lists(const Offer& offer, SSL_CTX* context) {
    const auto set = [&](const std::string& list, auto call, const char* what) {
        if (list.empty() || call(context, list.c_str()) == 1) return std::string();
        ERR_clear_error();
        return fmt::format("OpenSSL knows no {} {}", what, printable(list));
    };
    for (std::string wrong : {set(offer.suites, SSL_CTX_set_cipher_list, "suites"),
                              set(offer.suites_1_3, SSL_CTX_set_ciphersuites, "suites of TLS 1.3"),
                              set(
                                  offer.groups,
                                  [](SSL_CTX* c, const char* list) {
                                      return static_cast<int>(SSL_CTX_set1_groups_list(c, list));
                                  },
                                  "groups"),
                              set(
                                  offer.signatures,
                                  [](SSL_CTX* c, const char* list) {
                                      return static_cast<int>(SSL_CTX_set1_sigalgs_list(c, list));
                                  },
                                  "signature algorithms")}) {
        if (!wrong.empty()) return std::unexpected(std::move(wrong));
    }
    const std::string alpn = alpn_wire(offer.alpn);
    for (const std::string& name : offer.alpn) {
        if (!is_alpn_name(name)) return std::unexpected("an ALPN name has 1 to 255 bytes");
    }
    if (!alpn.empty() &&
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                                static_cast<unsigned>(alpn.size())) != 0) {
        return std::unexpected("OpenSSL does not take these ALPN names");
    }
    return {};
}

}  // namespace

std::optional<Offer> offer_like(std::string_view client) {
    if (client == "curl") return Offer{};
    if (client == "browser") {
        return Offer{.suites = kBrowserSuites,
                     .suites_1_3 = kBrowserSuites13,
                     .groups = browser_groups(),
                     .signatures = kBrowserSignatures,
                     .session_ticket = true,
                     .post_handshake_auth = false,
                     .padding = false,
                     .encrypt_then_mac = false,
                     .browser_extensions = true};
    }
    if (client == "python") {
        return Offer{.alpn = {"http/1.1"}, .suites = kPythonSuites, .session_ticket = true};
    }
    if (client == "node") {
        return Offer{.alpn = {},
                     .suites = kNodeSuites,
                     .session_ticket = true,
                     .post_handshake_auth = false,
                     .padding = false};
    }
    return std::nullopt;
}

bool is_alpn_name(std::string_view name) {
    return !name.empty() && name.size() <= 255;
}

Result<void, std::string> usable(const Offer& offer) {
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    return set_lists(offer, context.get());
}

void apply(const Offer& offer, ssl_ctx_st* context) {
    SSL_CTX_set_min_proto_version(
        context, offer.only == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(
        context, offer.only == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_options(context, (offer.session_ticket ? 0 : SSL_OP_NO_TICKET) |
                                     (offer.padding ? SSL_OP_TLSEXT_PADDING : 0) |
                                     (offer.encrypt_then_mac ? 0 : SSL_OP_NO_ENCRYPT_THEN_MAC));
    SSL_CTX_set_post_handshake_auth(context, offer.post_handshake_auth ? 1 : 0);
    if (offer.browser_extensions) add_browser_extensions(context);
    const auto set = set_lists(offer, context);
    certs::check(set ? 1 : 0, set ? "" : "offer this hello: " + set.error());
}

bool speaks_http_1(std::string_view alpn) {
    return alpn != "h2";
}

}  // namespace sni::client
