#include "lab/gateways/static_rsa_reader.h"

#include <array>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>

#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/tls/code_points.h"
#include "lab/tls/hello_view.h"

namespace sni::gateways {

namespace {

using Octets = std::vector<std::byte>;
using CipherPtr = certs::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using PkeyContextPtr = certs::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using KdfPtr = certs::Owned<EVP_KDF, EVP_KDF_free>;
using KdfContextPtr = certs::Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;

// RFC 5288 §3.
constexpr std::uint16_t kRsaAes128GcmSha256 = 0x009C;
constexpr std::uint16_t kRsaAes256GcmSha384 = 0x009D;
constexpr std::size_t kSecretSize = 48;
constexpr std::size_t kImplicitNonce = 4;
constexpr std::size_t kExplicitNonce = 8;
constexpr std::size_t kTag = 16;

unsigned char* raw(std::byte* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* raw(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}

void append(Octets& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

const char* hash_of(std::uint16_t suite) {
    return suite == kRsaAes256GcmSha384 ? "SHA384" : "SHA256";
}

std::size_t key_size(std::uint16_t suite) {
    return suite == kRsaAes256GcmSha384 ? 32 : 16;
}

/// TLS 1.2's PRF (RFC 5246 §5).
Octets prf(const char* hash, Bytes secret, std::string_view label, const Octets& seed,
           std::size_t size) {
    const KdfPtr kdf(certs::check(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr), "find the PRF"));
    const KdfContextPtr context(certs::check(EVP_KDF_CTX_new(kdf.get()), "set up the PRF"));
    Octets labelled;
    append(labelled, as_bytes(label));
    append(labelled, seed);
    std::array<OSSL_PARAM, 4> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET,
                                          const_cast<std::byte*>(secret.data()), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, labelled.data(), labelled.size()),
        OSSL_PARAM_construct_end()};
    Octets out(size);
    certs::check(EVP_KDF_derive(context.get(), raw(out.data()), out.size(), parameters.data()),
                 "derive a TLS secret");
    return out;
}

Octets hashed(const char* hash, Bytes bytes) {
    Octets digest(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    certs::check(
        EVP_Q_digest(nullptr, hash, nullptr, bytes.data(), bytes.size(), raw(digest.data()), &size),
        "digest a handshake");
    digest.resize(size);
    return digest;
}

}  // namespace

struct StaticRsaReader::Keys {
    certs::PkeyPtr rsa;
    Octets client_key;  // empty until a handshake without forward secrecy has passed
    Octets client_nonce;
};

StaticRsaReader::StaticRsaReader(const certs::KeyPem& key) : keys_(std::make_unique<Keys>()) {
    auto rsa = certs::read_private_key(key);
    if (!rsa) {
        throw Failure(Exit::machine, code::kOpenSsl, "the gateway's key cannot be read",
                      rsa.error());
    }
    keys_->rsa = std::move(*rsa);
}

StaticRsaReader::~StaticRsaReader() = default;

void StaticRsaReader::from_client(Bytes bytes) {
    take(client_, bytes);
}

void StaticRsaReader::from_backend(Bytes bytes) {
    take(backend_, bytes);
}

void StaticRsaReader::take(Direction& direction, Bytes bytes) {
    direction.records.feed(bytes, [&](std::uint8_t type, Bytes record) {
        take_record(direction, type, record.subspan(tls::RecordCutter::kHeaderBytes));
    });
}

void StaticRsaReader::take_record(Direction& direction, std::uint8_t type, Bytes content) {
    if (direction.encrypted) {
        if (&direction == &client_) read_along(type, content);
        return;
    }
    if (type == tls::content_type::kChangeCipherSpec) direction.encrypted = true;
    if (type != tls::content_type::kHandshake) return;
    direction.messages.feed(content, [&](std::uint8_t what, Bytes message) {
        append(transcript_, message);
        take_message(what, message.subspan(tls::MessageCutter::kHeaderBytes));
    });
}

void StaticRsaReader::take_message(std::uint8_t type, Bytes body) {
    ByteReader reader(body);
    if (type == tls::handshake_type::kClientHello || type == tls::handshake_type::kServerHello) {
        reader.u16();  // version
        const Bytes random = reader.bytes(32);
        Octets& kept = type == tls::handshake_type::kClientHello ? client_random_ : server_random_;
        kept.assign(random.begin(), random.end());
    }
    if (type == tls::handshake_type::kServerHello) {
        reader.vec8().rest();  // session id
        suite_ = reader.u16();
        reader.u8();  // compression
        ByteReader extensions = reader.vec16();
        while (const auto extension = tls::next_extension(extensions)) {
            if (extension->type == tls::extension::kExtendedMasterSecret)
                extended_master_secret_ = true;
        }
    }
    if (type == tls::handshake_type::kClientKeyExchange &&
        (suite_ == kRsaAes128GcmSha256 || suite_ == kRsaAes256GcmSha384)) {
        derive_keys(reader.vec16().rest());
    }
}

void StaticRsaReader::derive_keys(Bytes encrypted_secret) {
    const PkeyContextPtr context(
        certs::check(EVP_PKEY_CTX_new(keys_->rsa.get(), nullptr), "set up RSA"));
    Octets secret(512);
    std::size_t size = secret.size();
    const bool opened = EVP_PKEY_decrypt_init(context.get()) > 0 &&
                        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) > 0 &&
                        EVP_PKEY_decrypt(context.get(), raw(secret.data()), &size,
                                         raw(encrypted_secret.data()), encrypted_secret.size()) > 0;
    ERR_clear_error();
    if (!opened || size != kSecretSize) return;
    secret.resize(size);

    const char* const hash = hash_of(suite_);
    Octets randoms = client_random_;
    append(randoms, server_random_);
    const Octets master =
        extended_master_secret_
            ? prf(hash, secret, "extended master secret", hashed(hash, transcript_), kSecretSize)
            : prf(hash, secret, "master secret", randoms, kSecretSize);
    Octets swapped = server_random_;
    append(swapped, client_random_);
    const std::size_t key = key_size(suite_);
    const Octets block = prf(hash, master, "key expansion", swapped, 2 * key + 2 * kImplicitNonce);
    const Bytes parts(block);
    const auto piece = [&](std::size_t from, std::size_t count) {
        const Bytes part = parts.subspan(from, count);
        return Octets(part.begin(), part.end());
    };
    keys_->client_key = piece(0, key);
    keys_->client_nonce = piece(2 * key, kImplicitNonce);
}

void StaticRsaReader::read_along(std::uint8_t type, Bytes sealed) {
    const std::uint64_t sequence = client_.sequence++;
    if (keys_->client_key.empty() || sealed.size() < kExplicitNonce + kTag) return;
    const std::size_t size = sealed.size() - kExplicitNonce - kTag;
    const Bytes text = sealed.subspan(kExplicitNonce, size);
    Octets nonce = keys_->client_nonce;
    append(nonce, sealed.first(kExplicitNonce));
    Octets bound;  // RFC 5246 §6.2.3.3: sequence, type, version, length
    for (int shift = 56; shift >= 0; shift -= 8) {
        bound.push_back(static_cast<std::byte>(sequence >> shift));
    }
    for (const std::size_t value :
         {std::size_t{type}, std::size_t{3}, std::size_t{3}, size >> 8, size & 0xFF}) {
        bound.push_back(static_cast<std::byte>(value));
    }
    Octets tag(sealed.end() - kTag, sealed.end());
    Octets plain(size);
    const CipherPtr context(certs::check(EVP_CIPHER_CTX_new(), "set up AES"));
    EVP_CIPHER_CTX* const c = context.get();
    int got = 0;
    const bool opened =
        EVP_DecryptInit_ex(c, key_size(suite_) == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(),
                           nullptr, raw(keys_->client_key.data()), raw(nonce.data())) > 0 &&
        EVP_DecryptUpdate(c, nullptr, &got, raw(bound.data()), static_cast<int>(bound.size())) >
            0 &&
        EVP_DecryptUpdate(c, raw(plain.data()), &got, raw(text.data()), static_cast<int>(size)) >
            0 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) > 0 &&
        EVP_DecryptFinal_ex(c, raw(plain.data()) + got, &got) > 0;
    ERR_clear_error();
    if (opened && type == tls::content_type::kApplicationData) overheard_ += as_text(plain);
}

}  // namespace sni::gateways
