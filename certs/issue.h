// Certificates as values: a request goes in, PEM comes out. Nothing here touches a file.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sni::certs {

/// A certificate begins so long before it is made, for clocks that are behind.
inline constexpr std::chrono::hours kClockAllowance(1);

/// `rsa_1024` is there for certificates that must fail: nobody accepts it any more.
enum class KeyType { rsa_2048, rsa_3072, rsa_4096, ec_p256, ec_p384, ed25519, rsa_1024 };

/// A PEM private key. It wipes its memory when it goes, and has no way to be printed by accident.
class KeyPem {
  public:
    explicit KeyPem(std::string pem) : pem_(std::move(pem)) {}
    ~KeyPem();
    KeyPem(const KeyPem&) = default;
    KeyPem(KeyPem&&) = default;
    /// Swaps, so that the key that was there is wiped with `other`.
    KeyPem& operator=(KeyPem other) noexcept {
        pem_.swap(other.pem_);
        return *this;
    }

    /// The key itself, for OpenSSL and for the store; never for a message.
    const std::string& reveal() const { return pem_; }

  private:
    std::string pem_;
};

enum class Purpose { server, client, authority };

/// What to issue. `names` are DNS names, SNI-like wildcards "*.example.com" and IP literals; the
/// first one is the CN, and all of them are SANs unless `cn_only`. A CN holds at most 64 bytes
/// (X.520 ub-common-name) while a DNS name may have 253: a longer first name stands in the SAN
/// alone. An authority has no SAN, and its one name is free text.
struct CertRequest {
    std::vector<std::string> names;
    std::string organization;
    KeyType key = KeyType::rsa_2048;
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;
    Purpose purpose = Purpose::server;
    bool cn_only = false;  ///< exactly what the tutorial's openssl line makes: no SAN, CA:TRUE
};

/// A certificate and its key. `issuer_pem` is empty when the certificate is self-signed.
struct CertBundle {
    std::string cert_pem;
    KeyPem key;
    std::string issuer_pem;

    /// What a server sends: the leaf, then its issuer.
    std::string chain_pem() const { return cert_pem + issuer_pem; }
};

/// Issues a certificate, self-signed or signed by `authority`. The names must have passed
/// check_name. Throws Failure(Exit::machine) only when OpenSSL itself fails.
CertBundle issue(const CertRequest& request, const CertBundle* authority = nullptr);

/// Why `name` can be no CN and SAN, as a sentence; nothing when it can.
std::optional<std::string> check_name(const std::string& name);

/// The one spelling of a name that passed check_name: lower case, IP literals in their shortest
/// form.
std::string canonical_name(const std::string& name);

/// Whether `name` fits into a CN.
bool fits_common_name(std::string_view name);

/// Why `text` can be no organization, as a sentence; nothing when it can. Empty is fine and means
/// none.
std::optional<std::string> check_organization(std::string_view text);

}  // namespace sni::certs
