// What a certificate says, as plain values; certs/inspect.h reads them out of PEM or a live
// handshake.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"

namespace sni {

/// `subject` and `issuer` read as `openssl x509 -nameopt` shows them: "CN=httpbin.example.com,
/// O=myorg". `key` reads "RSA 2048", "EC P-256", "Ed25519". Texts come from whoever made the
/// certificate: escape them with printable() where they are shown.
struct CertFacts {
    std::string subject;
    std::string issuer;
    std::string common_name;
    std::vector<std::string> dns_names;     ///< SAN dNSName, as written
    std::vector<std::string> ip_addresses;  ///< SAN iPAddress, as text
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;
    std::string key;
    Digest sha256{};       ///< of the DER certificate
    Digest spki_sha256{};  ///< of its SubjectPublicKeyInfo
    bool self_signed = false;
    bool authority = false;  ///< basicConstraints CA:TRUE
    bool operator==(const CertFacts&) const = default;
};

/// What a certificate and a key that are stored together turn out to be; the problems are
/// sentences.
struct CertPair {
    std::vector<CertFacts> chain;  ///< leaf first; empty when the certificate cannot be read
    std::string cert_problem;
    std::string key_problem;  ///< the key cannot be read
    bool mismatch = false;    ///< both can, and the key is not the leaf's
    /// Of `chain`: the certificate that the key belongs to.
    std::optional<std::size_t> fits;
};

/// How a certificate's names answer for a host.
enum class NameMatch { covered, common_name_only, not_covered };

/// Does `facts` answer for `name` (a host name or an IP literal)? A SAN wildcard covers exactly one
/// label (RFC 9525 §6.3), and needs two behind it, as OpenSSL, curl and Python have it: "*.test"
/// covers nothing. The CN counts only where there is no SAN at all, and is told apart, since
/// browsers and Go refuse it.
NameMatch match_name(const CertFacts& facts, std::string_view name);

enum class Dates { valid, not_yet_valid, expired };
Dates match_dates(const CertFacts& facts, std::chrono::sys_seconds now);

/// "2026-11-22T07:48:01Z".
std::string to_string(std::chrono::sys_seconds time);

}  // namespace sni
