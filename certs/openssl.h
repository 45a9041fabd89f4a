// OpenSSL's objects with owners, and its error queue as one exception. For .cpp files only: the
// headers of this folder show nothing of OpenSSL but forward declarations.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace sni::certs {

template <auto release>
struct Releases {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};

template <class T, auto release>
using Owned = std::unique_ptr<T, Releases<release>>;

using AuthorityKeyIdPtr = Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using BasicConstraintsPtr = Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using BignumPtr = Owned<BIGNUM, BN_free>;
using BioPtr = Owned<BIO, BIO_free_all>;
using BitStringPtr = Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using ExtendedKeyUsagePtr = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using GeneralNamePtr = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using GeneralNamesPtr = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using OctetStringPtr = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using Pkcs12Ptr = Owned<PKCS12, PKCS12_free>;
using PkeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = Owned<X509, X509_free>;

/// What this thread's error queue holds, oldest first, in OpenSSL's words; the queue is empty
/// afterwards. Never holds key material.
std::string drain_errors();

/// Throws Failure(Exit::machine): `what` could not be done, and the drained queue says why.
[[noreturn]] void throw_openssl(std::string_view what);

/// For calls that return 1, or a pointer, when they work.
inline void check(int result, std::string_view what) {
    if (result != 1) throw_openssl(what);
}

template <class T>
T* check(T* object, std::string_view what) {
    if (object == nullptr) throw_openssl(what);
    return object;
}

/// Reads from `text`, which must outlive the result.
BioPtr reader_of(std::string_view text);

/// Everything that was written to a memory BIO so far.
std::string text_of(BIO* memory);

}  // namespace sni::certs
