#include "lab/session/exporter_secret.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "certs/digest.h"
#include "certs/openssl.h"

namespace sni::session {

namespace {

using Secret = std::vector<unsigned char>;

const unsigned char* octets(Bytes bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Secret hash(const EVP_MD* how, Bytes bytes) {
    Secret digest(static_cast<std::size_t>(EVP_MD_get_size(how)));
    certs::check(EVP_Digest(octets(bytes), bytes.size(), digest.data(), nullptr, how, nullptr),
                 "digest");
    return digest;
}

/// What OpenSSL's KDF of that name makes of `secret` and its two other parameters.
Secret derived(const char* name, const EVP_MD* how, const char* kind_of_secret,
               const Secret& secret, const OSSL_PARAM& other, const OSSL_PARAM& another,
               std::size_t length) {
    const certs::Owned<EVP_KDF, EVP_KDF_free> kdf(
        certs::check(EVP_KDF_fetch(nullptr, name, nullptr), "find a key derivation"));
    const certs::Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(
        certs::check(EVP_KDF_CTX_new(kdf.get()), "set up a key derivation"));
    const std::array params = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         const_cast<char*>(EVP_MD_get0_name(how)), 0),
        OSSL_PARAM_construct_octet_string(kind_of_secret, const_cast<unsigned char*>(secret.data()),
                                          secret.size()),
        other, another, OSSL_PARAM_construct_end()};
    Secret out(length);
    certs::check(EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()),
                 "derive an exporter");
    return out;
}

/// HKDF-Expand-Label(secret, label, context, length) (RFC 8446 §7.1).
Secret expand_label(const EVP_MD* how, const Secret& secret, std::string_view label,
                    const Secret& context, std::size_t length) {
    const std::string full = "tls13 " + std::string(label);
    std::string info = {static_cast<char>(length >> 8), static_cast<char>(length & 0xFF),
                        static_cast<char>(full.size())};
    info += full;
    info += static_cast<char>(context.size());
    info.append(context.begin(), context.end());
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    return derived("HKDF", how, OSSL_KDF_PARAM_KEY, secret,
                   OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                   length);
}

/// The PRF of TLS 1.2 (RFC 5246 §5): 32 bytes of it. `seed` begins with the label.
Secret prf(const EVP_MD* how, const Secret& secret, Secret seed) {
    return derived("TLS1-PRF", how, OSSL_KDF_PARAM_SECRET, secret,
                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
                   OSSL_PARAM_construct_end(), 32);
}

/// Its digest, behind which it is wiped.
Digest digest_of(Secret& exporter) {
    const Digest digest = certs::sha256(std::as_bytes(std::span(exporter)));
    OPENSSL_cleanse(exporter.data(), exporter.size());
    return digest;
}

}  // namespace

std::optional<Digest> exporter_digest(Bytes exporter_master_secret, const proof::Nonce& nonce) {
    const EVP_MD* const how = exporter_master_secret.size() == 32   ? EVP_sha256()
                              : exporter_master_secret.size() == 48 ? EVP_sha384()
                                                                    : nullptr;
    if (!how) return std::nullopt;
    const unsigned char* const first = octets(exporter_master_secret);
    Secret master(first, first + exporter_master_secret.size());
    Secret base =
        expand_label(how, master, proof::kExporterLabel, hash(how, Bytes()), master.size());
    Secret exporter = expand_label(how, base, "exporter", hash(how, nonce), 32);
    for (Secret* secret : {&master, &base}) {
        OPENSSL_cleanse(secret->data(), secret->size());
    }
    return digest_of(exporter);
}

std::optional<Digest> exporter_digest(const MasterSecret& master, const proof::Nonce& nonce) {
    constexpr std::size_t kMaster = 48;
    constexpr std::size_t kRandom = 32;
    if (master.secret.size() != kMaster || master.client_random.size() != kRandom ||
        master.server_random.size() != kRandom)
        return std::nullopt;
    Secret seed(proof::kExporterLabel.begin(), proof::kExporterLabel.end());
    const std::array<std::byte, 2> length = {std::byte{0}, std::byte{sizeof(proof::Nonce)}};
    for (const Bytes part :
         {master.client_random, master.server_random, Bytes(length), Bytes(nonce)}) {
        seed.insert(seed.end(), octets(part), octets(part) + part.size());
    }
    const unsigned char* const first = octets(master.secret);
    Secret secret(first, first + kMaster);
    Secret exporter = prf(master.cipher_suite.ends_with("SHA384") ? EVP_sha384() : EVP_sha256(),
                          secret, std::move(seed));
    OPENSSL_cleanse(secret.data(), secret.size());
    return digest_of(exporter);
}

}  // namespace sni::session
