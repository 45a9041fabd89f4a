// Digests by OpenSSL, in the shape the core compares.
#pragma once

#include <optional>
#include <string>

#include "lab/core/bytes.h"

namespace sni::certs {

Digest sha256(Bytes bytes);

/// In hex, and only for names that are made with it (JA3). Nothing where OpenSSL has no MD5, as in
/// FIPS mode.
std::optional<std::string> md5_hex(Bytes bytes);

}  // namespace sni::certs
