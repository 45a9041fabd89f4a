// SHA-256 while it goes on.
#pragma once

#include <openssl/sha.h>

#include "lab/core/bytes.h"

namespace sni::certs {

/// A value: a copy goes on by itself. By those functions of OpenSSL that need no provider, since an
/// EVP_MD_CTX allocates three times when it is made and twice when it is copied, which takes longer
/// than to digest a hello.
class Sha256 {
  public:
    Sha256();
    void add(Bytes bytes);
    /// Of all that was added; nothing may be added then.
    Digest finish();

  private:
    SHA256_CTX state_{};
};

}  // namespace sni::certs
