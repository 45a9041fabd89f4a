#include "certs/inspect.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "certs/digest.h"
#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/encoding.h"

namespace sni::certs {

namespace {

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// In the order of encoding, short names, UTF-8, with control bytes and separators escaped.
std::string text_of_name(const X509_NAME* name) {
    constexpr unsigned long kStyle =
        ((ASN1_STRFLGS_RFC2253 | ASN1_STRFLGS_ESC_QUOTE) & ~ASN1_STRFLGS_ESC_MSB) |
        XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
    const BioPtr text(check(BIO_new(BIO_s_mem()), "write to memory"));
    if (X509_NAME_print_ex(text.get(), name, 0, kStyle) < 0) return "(unreadable)";
    return text_of(text.get());
}

/// The last CN is the most specific one, and the one curl looks at.
std::string common_name(const X509_NAME* name) {
    int index = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) {
        index = at;
    }
    if (index < 0) return {};
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
    if (size < 0) return {};
    std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return text;
}

std::string address_text(std::string_view bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    if (bytes.size() != 4 && bytes.size() != 16) return to_hex(as_bytes(bytes));
    inet_ntop(family, bytes.data(), text.data(), text.size());
    return text.data();
}

void read_alternative_names(X509* certificate, CertFacts& facts) {
    const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int kind = 0;
        const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
        if (kind == GEN_DNS) {
            facts.dns_names.emplace_back(bytes_of(static_cast<const ASN1_STRING*>(value)));
        } else if (kind == GEN_IPADD) {
            facts.ip_addresses.push_back(
                address_text(bytes_of(static_cast<const ASN1_STRING*>(value))));
        }
    }
}

/// 1970 for a date that is none: such a certificate has then expired long ago.
std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    // Not through system_clock: its nanoseconds end in 2262, and 9999 is a common last date.
    return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::string key_text(const EVP_PKEY* key) {
    if (key == nullptr) return "unknown";
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return "Ed25519";
    if (EVP_PKEY_is_a(key, "EC") == 1) {
        std::array<char, 64> group{};
        std::size_t size = 0;
        if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return "EC";
        const char* nist = EC_curve_nid2nist(OBJ_sn2nid(group.data()));
        return fmt::format("EC {}", nist != nullptr ? nist : group.data());
    }
    const char* name = EVP_PKEY_get0_type_name(key);
    return fmt::format("{} {}", name != nullptr ? name : "unknown", EVP_PKEY_get_bits(key));
}

Digest spki_digest(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size < 0) throw_openssl("encode a public key");
    const Digest digest = sha256(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
    OPENSSL_free(der);
    return digest;
}

bool is_authority(X509* certificate) {
    const BasicConstraintsPtr constraints(static_cast<BASIC_CONSTRAINTS*>(
        X509_get_ext_d2i(certificate, NID_basic_constraints, nullptr, nullptr)));
    return constraints != nullptr && constraints->ca != 0;
}

}  // namespace

CertFacts facts_of(x509_st* certificate) {
    CertFacts facts;
    facts.subject = text_of_name(X509_get_subject_name(certificate));
    facts.issuer = text_of_name(X509_get_issuer_name(certificate));
    facts.common_name = common_name(X509_get_subject_name(certificate));
    read_alternative_names(certificate, facts);
    facts.not_before = time_of(X509_get0_notBefore(certificate));
    facts.not_after = time_of(X509_get0_notAfter(certificate));
    facts.key = key_text(X509_get0_pubkey(certificate));
    check(X509_digest(certificate, EVP_sha256(),
                      reinterpret_cast<unsigned char*>(facts.sha256.data()), nullptr),
          "compute a SHA-256");
    facts.spki_sha256 = spki_digest(certificate);
    facts.self_signed = X509_self_signed(certificate, 1) == 1;
    facts.authority = is_authority(certificate);
    ERR_clear_error();  // what a strange certificate left there is no concern of the next call
    return facts;
}

Result<std::vector<CertFacts>, std::string> inspect(std::string_view pem) {
    const auto certificates = read_certificates(pem);
    if (!certificates) return std::unexpected(certificates.error());
    std::vector<CertFacts> all;
    all.reserve(certificates->size());
    for (const X509Ptr& certificate : *certificates) {
        all.push_back(facts_of(certificate.get()));
    }
    return all;
}

Result<void, std::string> check_pair(std::string_view cert_pem, const KeyPem& key) {
    const auto certificates = read_certificates(cert_pem);
    if (!certificates) return std::unexpected(certificates.error());
    const auto private_key = read_private_key(key);
    if (!private_key) return std::unexpected(private_key.error());
    const auto own = owner_of(*certificates, private_key->get());
    if (!own) return std::unexpected("the private key belongs to another certificate");
    if (*own == 0) return {};
    return std::unexpected(fmt::format(
        "the private key belongs to certificate {} of {}: the leaf must stand first, and "
        "behind it whoever signed it",
        *own + 1, certificates->size()));
}

}  // namespace sni::certs
