#include "certs/digest.h"

#include <array>

#include <openssl/err.h>

#include "certs/openssl.h"
#include "certs/sha256.h"
#include "lab/core/encoding.h"

namespace sni::certs {

Digest sha256(Bytes bytes) {
    Sha256 digest;
    digest.add(bytes);
    return digest.finish();
}

std::optional<std::string> md5_hex(Bytes bytes) {
    std::array<std::byte, 16> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   nullptr, EVP_md5(), nullptr) != 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    return to_hex(digest);
}

}  // namespace sni::certs
