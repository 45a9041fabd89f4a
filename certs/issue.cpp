#include "certs/issue.h"

#include <array>
#include <cassert>
#include <ctime>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/rand.h>

#include "certs/openssl.h"
#include "certs/pem.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"

namespace sni::certs {

namespace {

constexpr std::size_t kCommonNameBytes = 64;    // X.520 ub-common-name
constexpr std::size_t kOrganizationBytes = 64;  // X.520 ub-organization-name
/// The organization of a self-signed certificate whose name is too long for a CN.
constexpr std::string_view kNamelessIssuer = "sni-lab";

/// The 4 or 16 bytes of an IP literal; empty for anything else, brackets and zones included.
std::string address_bytes(const std::string& text) {
    std::array<char, 16> address{};
    if (text.contains('\0')) return {};  // inet_pton would stop there
    if (inet_pton(AF_INET, text.c_str(), address.data()) == 1) return {address.data(), 4};
    if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return {address.data(), 16};
    return {};
}

std::string_view without_wildcard(std::string_view name) {
    return name.starts_with("*.") ? name.substr(2) : name;
}

PkeyPtr generate(KeyType type) {
    const auto rsa = [](std::size_t bits) {
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits);
    };
    const auto ec = [](const char* curve) {
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
    };
    EVP_PKEY* key = nullptr;
    switch (type) {
        case KeyType::rsa_1024:
            key = rsa(1024);
            break;
        case KeyType::rsa_2048:
            key = rsa(2048);
            break;
        case KeyType::rsa_3072:
            key = rsa(3072);
            break;
        case KeyType::rsa_4096:
            key = rsa(4096);
            break;
        case KeyType::ec_p256:
            key = ec("P-256");
            break;
        case KeyType::ec_p384:
            key = ec("P-384");
            break;
        case KeyType::ed25519:
            key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
            break;
    }
    return PkeyPtr(check(key, "make a key"));
}

/// 20 random bytes, the first one between 0x40 and 0x7F: positive and always of full length
/// (RFC 5280 §4.1.2.2 allows at most 20).
void set_serial(X509* certificate) {
    std::array<unsigned char, 20> bytes{};
    check(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())), "make a random serial number");
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3F) | 0x40);
    const BignumPtr number(
        check(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), "make a number"));
    check(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)),
          "set the serial number");
}

void set_dates(X509* certificate, const CertRequest& request) {
    const auto seconds = [](std::chrono::sys_seconds time) {
        // Not through system_clock: its nanoseconds end in 2262.
        return static_cast<std::time_t>(time.time_since_epoch().count());
    };
    check(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(request.not_before)),
          "set the first date");
    check(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(request.not_after)),
          "set the last date");
}

void add_to_subject(X509* certificate, int field, const std::string& text) {
    check(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()), -1, 0),
          "set the subject");
}

void add_extension(X509* certificate, int id, void* value, bool critical) {
    check(X509_add1_ext_i2d(certificate, id, value, critical ? 1 : 0, X509V3_ADD_DEFAULT),
          "add an extension");
}

/// By the API and not by OpenSSL's configuration syntax, in which a name could speak.
GeneralNamePtr general_name(const std::string& name) {
    GeneralNamePtr general(check(GENERAL_NAME_new(), "make a name"));
    const std::string address = address_bytes(name);
    const std::string& content = address.empty() ? name : address;
    ASN1_STRING* value = address.empty() ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
    GENERAL_NAME_set0_value(general.get(), address.empty() ? GEN_DNS : GEN_IPADD,
                            check(value, "make a name"));
    check(ASN1_STRING_set(value, content.data(), static_cast<int>(content.size())), "make a name");
    return general;
}

void add_names(X509* certificate, const std::vector<std::string>& names) {
    const GeneralNamesPtr list(check(sk_GENERAL_NAME_new_null(), "make a list of names"));
    for (const std::string& name : names) {
        GeneralNamePtr general = general_name(canonical_name(name));
        if (sk_GENERAL_NAME_push(list.get(), general.get()) == 0) throw_openssl("list the names");
        [[maybe_unused]] const GENERAL_NAME* owned_by_list = general.release();
    }
    // Without a subject the names are all there is, and must not be overlooked (RFC 5280 §4.2.1.6).
    const bool no_subject = X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
    add_extension(certificate, NID_subject_alt_name, list.get(), no_subject);
}

void add_constraints(X509* certificate, bool authority, bool limit_path) {
    const BasicConstraintsPtr constraints(check(BASIC_CONSTRAINTS_new(), "make constraints"));
    // The very octet of DER's TRUE (X.690 §11.1): OpenSSL writes what is set here, and strict
    // readers refuse the whole certificate for any other.
    constraints->ca = authority ? 0xFF : 0;
    if (authority && limit_path) {
        constraints->pathlen = check(ASN1_INTEGER_new(), "make constraints");
        check(ASN1_INTEGER_set(constraints->pathlen, 0), "make constraints");
    }
    add_extension(certificate, NID_basic_constraints, constraints.get(), true);
}

void add_usage(X509* certificate, Purpose purpose, bool rsa) {
    enum KeyUsageBit { digital_signature = 0, key_encipherment = 2, cert_sign = 5, crl_sign = 6 };
    const BitStringPtr bits(check(ASN1_BIT_STRING_new(), "make the key usage"));
    const auto set = [&](KeyUsageBit bit) {
        check(ASN1_BIT_STRING_set_bit(bits.get(), bit, 1), "make the key usage");
    };
    if (purpose == Purpose::authority) {
        set(cert_sign);
        set(crl_sign);
    } else {
        set(digital_signature);
        if (rsa) set(key_encipherment);  // TLS 1.2 suites without forward secrecy need it
    }
    add_extension(certificate, NID_key_usage, bits.get(), true);
    if (purpose == Purpose::authority) return;

    const ExtendedKeyUsagePtr extended(check(EXTENDED_KEY_USAGE_new(), "make the key usage"));
    const int id = purpose == Purpose::client ? NID_client_auth : NID_server_auth;
    // Objects of the built-in table are shared and need no owner.
    if (sk_ASN1_OBJECT_push(extended.get(), OBJ_nid2obj(id)) == 0) {
        throw_openssl("make the key usage");
    }
    add_extension(certificate, NID_ext_key_usage, extended.get(), false);
}

/// RFC 5280 §4.2.1.2, method 1: the SHA-1 of the public key's bits.
void add_subject_key_id(X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(X509_pubkey_digest(certificate, EVP_sha1(), digest.data(), &size), "name the key");
    const OctetStringPtr id(check(ASN1_OCTET_STRING_new(), "name the key"));
    check(ASN1_OCTET_STRING_set(id.get(), digest.data(), static_cast<int>(size)), "name the key");
    add_extension(certificate, NID_subject_key_identifier, id.get(), false);
}

void add_authority_key_id(X509* certificate, X509* issuer) {
    // X509_get0_subject_key_id() answers only for a finished certificate, and a self-signed one is
    // its own issuer while it is being made.
    OctetStringPtr issuer_id(static_cast<ASN1_OCTET_STRING*>(
        X509_get_ext_d2i(issuer, NID_subject_key_identifier, nullptr, nullptr)));
    if (!issuer_id) return;  // a foreign authority may have none
    const AuthorityKeyIdPtr id(check(AUTHORITY_KEYID_new(), "name the issuer's key"));
    id->keyid = issuer_id.release();
    add_extension(certificate, NID_authority_key_identifier, id.get(), false);
}

void sign(X509* certificate, EVP_PKEY* key) {
    // EdDSA hashes as it signs and takes no digest (RFC 8032).
    const bool eddsa = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
    if (X509_sign(certificate, key, eddsa ? nullptr : EVP_sha256()) == 0) {
        throw_openssl("sign the certificate");
    }
}

/// The signing half of an authority. It was issued or read here, so it can be used; anything else
/// is the caller's mistake.
struct Signer {
    X509Ptr certificate;
    PkeyPtr key;
};

Signer signer_of(const CertBundle& authority) {
    auto certificates = read_certificates(authority.cert_pem);
    if (!certificates) throw_openssl("use the authority: " + certificates.error());
    auto key = read_private_key(authority.key);
    if (!key) throw_openssl("use the authority: " + key.error());
    return {std::move(certificates->front()), std::move(*key)};
}

}  // namespace

KeyPem::~KeyPem() {
    OPENSSL_cleanse(pem_.data(), pem_.size());
}

CertBundle issue(const CertRequest& request, const CertBundle* authority) {
    assert(!request.names.empty());  // a certificate for nobody is a bug of the caller
    const PkeyPtr key = generate(request.key);
    const X509Ptr certificate(check(X509_new(), "make a certificate"));
    check(X509_set_version(certificate.get(), X509_VERSION_3), "make a certificate");
    set_serial(certificate.get());
    set_dates(certificate.get(), request);
    check(X509_set_pubkey(certificate.get(), key.get()), "make a certificate");

    const bool free_text = request.purpose == Purpose::authority;
    const std::string& first = request.names.front();
    const std::string common_name = free_text ? first : canonical_name(first);
    if (fits_common_name(common_name)) {
        add_to_subject(certificate.get(), NID_commonName, common_name);
    }
    if (!request.organization.empty()) {
        add_to_subject(certificate.get(), NID_organizationName, request.organization);
    } else if (authority == nullptr && !fits_common_name(common_name)) {
        // It becomes its own issuer, who must have a name (RFC 5280 §4.1.2.4).
        add_to_subject(certificate.get(), NID_organizationName, std::string(kNamelessIssuer));
    }

    std::optional<Signer> signer;
    if (authority != nullptr) signer = signer_of(*authority);
    X509* issuer = signer ? signer->certificate.get() : certificate.get();
    check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)), "set the issuer");

    add_subject_key_id(certificate.get());
    add_authority_key_id(certificate.get(), issuer);
    if (request.cn_only) {
        add_constraints(certificate.get(), true, false);  // what `openssl req -x509` says
    } else {
        const bool is_authority = request.purpose == Purpose::authority;
        add_constraints(certificate.get(), is_authority, true);
        add_usage(certificate.get(), request.purpose, EVP_PKEY_is_a(key.get(), "RSA") == 1);
        if (!is_authority) add_names(certificate.get(), request.names);
    }
    sign(certificate.get(), signer ? signer->key.get() : key.get());

    return CertBundle{.cert_pem = to_pem(certificate.get()),
                      .key = to_pem(key.get()),
                      .issuer_pem = signer ? to_pem(signer->certificate.get()) : std::string()};
}

std::optional<std::string> check_name(const std::string& name) {
    const std::string shown = printable(name);
    if (!address_bytes(name).empty()) return std::nullopt;
    if (name == "*") return "\"*\" covers nothing in a certificate; write *.example.com";
    if (name.contains(':')) {
        return fmt::format("\"{}\" is no IP address; give names without port and brackets", shown);
    }
    const auto host = DnsName::parse(without_wildcard(name));
    if (!host) {
        switch (host.error()) {
            case DnsNameError::empty:
                return std::string("a name is empty");
            case DnsNameError::too_long:
                return fmt::format("\"{}\" has {} bytes; a host name has at most 253", shown,
                                   name.size());
            case DnsNameError::bad_label:
                return fmt::format(
                    "\"{}\" has a part that is empty, longer than 63 bytes, or starts with a "
                    "hyphen",
                    shown);
            case DnsNameError::bad_character:
                return fmt::format(
                    "\"{}\" has a character no host name has; letters, digits, '-', '_' and '.' "
                    "may stand in one, and * only at the front, as in *.example.com",
                    shown);
            case DnsNameError::trailing_dot:
                return fmt::format("\"{}\" ends in a dot; leave it out", shown);
            case DnsNameError::ip_literal:
                return fmt::format("\"{}\" is a wildcard before an IP address", shown);
        }
    }
    const std::string_view text = host->text();
    const std::string_view last = text.substr(text.rfind('.') + 1);
    if (last.find_first_not_of("0123456789") == std::string_view::npos) {
        return fmt::format("\"{}\" ends in a number and is no IPv4 address", shown);
    }
    return std::nullopt;
}

std::string canonical_name(const std::string& name) {
    const std::string address = address_bytes(name);
    if (address.empty()) return to_lower_ascii(name);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
    return text.data();
}

bool fits_common_name(std::string_view name) {
    return name.size() <= kCommonNameBytes;
}

std::optional<std::string> check_organization(std::string_view text) {
    if (text.size() > kOrganizationBytes) {
        return fmt::format("\"{}\" has {} bytes; an organization has at most {}", printable(text),
                           text.size(), kOrganizationBytes);
    }
    if (printable(text) != text) {
        return fmt::format("\"{}\" has a control character or is not UTF-8", printable(text));
    }
    return std::nullopt;
}

}  // namespace sni::certs
