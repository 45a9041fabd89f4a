// SHA-256 by OpenSSL, in the shape the core compares.
#pragma once

#include "lab/core/bytes.h"

namespace sni::certs {

Digest sha256(Bytes bytes);

}  // namespace sni::certs
