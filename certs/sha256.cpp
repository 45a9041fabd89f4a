#include "certs/sha256.h"

#include "certs/openssl.h"

namespace sni::certs {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

Sha256::Sha256() {
    check(SHA256_Init(&state_), "begin a SHA-256");
}

void Sha256::add(Bytes bytes) {
    check(SHA256_Update(&state_, bytes.data(), bytes.size()), "digest bytes");
}

Digest Sha256::finish() {
    Digest digest{};
    check(SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &state_),
          "finish a SHA-256");
    return digest;
}

#pragma GCC diagnostic pop

}  // namespace sni::certs
