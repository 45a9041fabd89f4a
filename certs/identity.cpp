#include "certs/identity.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/digest.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "certs/pem.h"
#include "certs/store.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"

namespace sni::certs {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSignatureBytes = 64;
/// A PEM key of Ed25519 has some 120 bytes; a file that is larger is something else.
constexpr std::size_t kIdentityFileLimit = 64u << 10;

const unsigned char* data_of(Bytes bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string public_pem(EVP_PKEY* key) {
    const BioPtr text(check(BIO_new(BIO_s_mem()), "write to memory"));
    check(PEM_write_bio_PUBKEY(text.get(), key), "write a public key as PEM");
    return text_of(text.get());
}

Digest spki_sha256(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size < 0) throw_openssl("encode a public key");
    const Digest digest = sha256(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
    OPENSSL_free(der);
    return digest;
}

PkeyPtr read_public(std::string_view pem) {
    const BioPtr text = reader_of(pem);
    PkeyPtr key(PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    return key;
}

/// How many PEM blocks begin with such a line: "PUBLIC KEY", or "PRIVATE KEY" of any sort.
std::size_t blocks_in(std::string_view pem, std::string_view label) {
    const std::string end = fmt::format("{}-----", label);
    std::size_t count = 0;
    for (std::size_t at = pem.find(kPemBegin); at != std::string_view::npos;
         at = pem.find(kPemBegin, at + 1)) {
        const std::string_view line = pem.substr(at, pem.find('\n', at) - at);
        if (line.contains(end)) ++count;
    }
    return count;
}

std::string type_of(EVP_PKEY* key) {
    const char* name = EVP_PKEY_get0_type_name(key);
    return name != nullptr ? name : "unknown";
}

[[noreturn]] void refuse(const fs::path& file, std::string message, std::string hint) {
    throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kBadIdentity),
                                          .place = {.file = printable(file.native())},
                                          .message = std::move(message),
                                          .hint = std::move(hint)});
}

fs::path public_file(fs::path file) {
    return file += ".pub";
}

}  // namespace

struct Identity::Key {
    PkeyPtr pkey;
    IdentityPublicKey public_half;

    /// Takes a key of any kind and says why it cannot be an identity.
    static Result<std::shared_ptr<const Key>, std::string> from(PkeyPtr pkey) {
        auto public_half = IdentityPublicKey::parse(public_pem(pkey.get()));
        if (!public_half) return std::unexpected(public_half.error());
        return std::make_shared<const Key>(std::move(pkey), std::move(*public_half));
    }

    Key(PkeyPtr key, IdentityPublicKey half) : pkey(std::move(key)), public_half(std::move(half)) {}
};

Result<IdentityPublicKey, std::string> IdentityPublicKey::parse(std::string_view pem) {
    if (pem.contains("PRIVATE KEY-----")) {
        return std::unexpected(
            "this is a private key, which stays with the backend; give its public half, FILE.pub");
    }
    if (pem.contains("-----BEGIN CERTIFICATE-----")) {
        return std::unexpected(
            "this is a certificate; an identity is another key, and its public half is FILE.pub");
    }
    const PkeyPtr key = read_public(pem);
    if (!key) return std::unexpected("there is no public key in PEM form in it");
    if (const std::size_t count = blocks_in(pem, "PUBLIC KEY"); count > 1)
        return std::unexpected(
            fmt::format("there are {} public keys in it, and one counts", count));
    if (EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
        return std::unexpected(
            fmt::format("an identity is an Ed25519 key, and this is {}", type_of(key.get())));
    }
    IdentityPublicKey identity;
    identity.pem_ = public_pem(key.get());
    identity.spki_sha256_ = spki_sha256(key.get());
    identity.key_id_ = to_hex(Bytes(identity.spki_sha256_).first(8));
    return identity;
}

IdentityPublicKey IdentityPublicKey::read(const fs::path& file,
                                          std::chrono::milliseconds patience) {
    const std::string pem = read_file(file, kIdentityFileLimit, patience);
    auto identity = parse(pem);
    if (identity) return *identity;
    const bool private_half = pem.contains("PRIVATE KEY-----");
    const bool several = blocks_in(pem, "PUBLIC KEY") > 1;
    refuse(file, identity.error(),
           private_half ? fmt::format("give {}", printable(public_file(file).native()))
           : several    ? "keep each key in a file of its own"
                        : "the backend writes it beside its identity: the file that ends in .pub");
}

bool IdentityPublicKey::is_key_in(std::string_view chain_pem) const {
    const auto chain = inspect(chain_pem);
    return chain && std::ranges::any_of(*chain, [&](const CertFacts& certificate) {
               return certificate.spki_sha256 == spki_sha256_;
           });
}

bool IdentityPublicKey::verify(Bytes message, Bytes signature) const {
    const PkeyPtr key = read_public(pem_);
    if (!key || signature.size() != kSignatureBytes) return false;
    const DigestContextPtr context(check(EVP_MD_CTX_new(), "check a signature"));
    check(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()),
          "check a signature");
    const bool good = EVP_DigestVerify(context.get(), data_of(signature), signature.size(),
                                       data_of(message), message.size()) == 1;
    ERR_clear_error();
    return good;
}

Identity Identity::make() {
    auto key = Key::from(
        PkeyPtr(check(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "make an identity")));
    if (!key) throw_openssl("make an identity");
    return Identity(std::move(*key));
}

Identity Identity::load_or_make(const fs::path& file) {
    const fs::path pub = public_file(file);
    std::error_code ignored;
    bool made_here = false;
    if (fs::symlink_status(file, ignored).type() == fs::file_type::not_found) {
        const bool orphan = fs::symlink_status(pub, ignored).type() != fs::file_type::not_found;
        if (orphan) {
            refuse(pub, "this public half is there, and its private key is not",
                   fmt::format("put {} back, or remove this file to make a new identity",
                               printable(file.native())));
        }
        const Identity fresh = make();
        // Whoever was faster has made the identity; theirs is read below.
        made_here = write_new_file(file, to_pem(fresh.key_->pkey.get()).reveal(), 0600);
    }

    const KeyPem pem(read_file(file, kIdentityFileLimit));
    if (blocks_in(pem.reveal(), "PRIVATE KEY") > 1)
        refuse(file, "there are several private keys in it, and one counts",
               "keep each key in a file of its own");
    auto pkey = read_private_key(pem);
    if (!pkey) refuse(file, pkey.error(), "give an Ed25519 key as PKCS#8 PEM, or a new file name");
    auto key = Key::from(std::move(*pkey));
    if (!key) refuse(file, key.error(), "give an Ed25519 key as PKCS#8 PEM, or a new file name");
    const Identity identity(std::move(*key));

    bool written = false;
    try {
        written = write_new_file(pub, identity.public_key().pem(), 0644);
    } catch (const Failure&) {
        if (made_here) fs::remove(file, ignored);
        throw;
    }
    if (written) return identity;
    const auto there = IdentityPublicKey::parse(read_file(pub, kIdentityFileLimit));
    if (!there || *there != identity.public_key()) {
        refuse(pub, fmt::format("this is not the public half of {}", printable(file.native())),
               "remove it, and it is written again");
    }
    return identity;
}

const IdentityPublicKey& Identity::public_key() const {
    return key_->public_half;
}

std::vector<std::byte> Identity::sign(Bytes message) const {
    const DigestContextPtr context(check(EVP_MD_CTX_new(), "sign"));
    check(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()), "sign");
    std::vector<std::byte> signature(kSignatureBytes);
    std::size_t size = signature.size();
    check(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         data_of(message), message.size()),
          "sign");
    signature.resize(size);
    return signature;
}

}  // namespace sni::certs
