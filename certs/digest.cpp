#include "certs/digest.h"

#include <array>

#include <openssl/err.h>

#include "certs/openssl.h"
#include "lab/core/encoding.h"

namespace sni::certs {

Digest sha256(Bytes bytes) {
    // Fetched once: EVP_sha256() is looked up anew, under a lock, each time it is used; and what
    // goes on between a digest's begin and end is made once for each thread.
    static const Owned<EVP_MD, EVP_MD_free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    thread_local const DigestContextPtr context(EVP_MD_CTX_new());
    Digest digest{};
    const bool made = EVP_DigestInit_ex(check(context.get(), "make a digest"),
                                        check(algorithm.get(), "fetch SHA-256"), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1;
    check(made ? EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                                    nullptr)
               : 0,
          "compute a SHA-256");
    return digest;
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
