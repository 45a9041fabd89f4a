// PEM to OpenSSL's objects and back. What is wrong with a PEM is a sentence, never an exception,
// since it came from a file that somebody named.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issue.h"
#include "certs/openssl.h"
#include "lab/core/result.h"

namespace sni::certs {

/// Every certificate in `pem`, in order, at least one; blocks of other kinds are passed over.
Result<std::vector<X509Ptr>, std::string> read_certificates(std::string_view pem);

/// The first private key in `pem`. An encrypted one is refused and nobody is asked for a password.
Result<PkeyPtr, std::string> read_private_key(const KeyPem& pem);

/// Which of `certificates` `key` belongs to, counted from 0; nothing: to none.
std::optional<std::size_t> owner_of(const std::vector<X509Ptr>& certificates, const EVP_PKEY* key);

std::string to_pem(X509* certificate);

/// PKCS#8, not encrypted (RFC 5958).
KeyPem to_pem(EVP_PKEY* private_key);

}  // namespace sni::certs
