#include "certs/digest.h"

#include "certs/openssl.h"

namespace sni::certs {

Digest sha256(Bytes bytes) {
    Digest digest{};
    check(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                     nullptr, EVP_sha256(), nullptr),
          "compute a SHA-256");
    return digest;
}

}  // namespace sni::certs
