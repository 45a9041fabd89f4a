// A Secret's certificate and key, looked into for lab/analyze, which links no OpenSSL.
#pragma once

#include <string_view>

#include "lab/core/cert_facts.h"

namespace sni::certs {

/// Both are PEM and may be anything. Fits analyze::Options::inspect.
CertPair inspect_pair(std::string_view cert_pem, std::string_view key_pem);

}  // namespace sni::certs
