// The lab identity: an Ed25519 key that is not the TLS key and never goes near a gateway.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/files.h"
#include "lab/core/bytes.h"
#include "lab/core/result.h"

namespace sni::certs {

/// The public half: what `verify --identity` takes.
class IdentityPublicKey {
  public:
    /// SPKI PEM of an Ed25519 key. A private key is refused with a sentence that names FILE.pub as
    /// the remedy.
    static Result<IdentityPublicKey, std::string> parse(std::string_view pem);

    /// As parse(), out of a file, or a pipe as read_file() has it. Throws Failure(Exit::usage).
    static IdentityPublicKey read(const std::filesystem::path& file,
                                  std::chrono::milliseconds patience = kPipePatience);

    const std::string& pem() const { return pem_; }
    /// First eight bytes of the SHA-256 of the SPKI, in hex: names the key in reports.
    const std::string& key_id() const { return key_id_; }
    /// Is this the public key of a certificate in `chain_pem`? Then whoever ends TLS with that
    /// certificate's key can sign as this identity, and a signature shows nothing. PEM that cannot
    /// be read has no certificate.
    bool is_key_in(std::string_view chain_pem) const;
    bool verify(Bytes message, Bytes signature) const;
    bool operator==(const IdentityPublicKey&) const = default;

  private:
    std::string pem_;
    std::string key_id_;
    Digest spki_sha256_{};
};

/// The private half. Copies share one key.
class Identity {
  public:
    /// A fresh key that lives in memory only.
    static Identity make();
    /// Reads PKCS#8 PEM from `file`, or makes the key there (0600), and its public half at
    /// `file`.pub; the folder must be there. Nothing that exists is ever overwritten: a `file`.pub
    /// that is not the public half is refused. Two processes that make the same file at once end up
    /// with one key. Throws Failure: usage when a file holds something else or cannot be read,
    /// machine when one cannot be written.
    static Identity load_or_make(const std::filesystem::path& file);

    const IdentityPublicKey& public_key() const;
    /// An Ed25519 signature, 64 bytes (RFC 8032).
    std::vector<std::byte> sign(Bytes message) const;

  private:
    struct Key;
    explicit Identity(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
    std::shared_ptr<const Key> key_;
};

}  // namespace sni::certs
