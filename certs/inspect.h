// What a certificate says, read out of PEM or of OpenSSL's object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certs/issue.h"
#include "lab/core/cert_facts.h"
#include "lab/core/result.h"

struct x509_st;  // OpenSSL's X509

namespace sni::certs {

CertFacts facts_of(x509_st* certificate);

/// Every certificate in `pem`, leaf first. The error is a sentence that says what is wrong with the
/// PEM.
Result<std::vector<CertFacts>, std::string> inspect(std::string_view pem);

/// Nothing is wrong, or a sentence: broken PEM, an encrypted key, or a key that belongs to another
/// certificate, or to one that does not stand first.
Result<void, std::string> check_pair(std::string_view cert_pem, const KeyPem& key);

}  // namespace sni::certs
