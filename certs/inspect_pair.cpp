#include "certs/inspect_pair.h"

#include <cstddef>
#include <optional>
#include <string>

#include "certs/inspect.h"
#include "certs/pem.h"

namespace sni::certs {

namespace {

/// Of the certificates in `bundle`, the one that the key belongs to, counted from 0.
std::optional<std::size_t> fitting(std::string_view bundle, const KeyPem& key) {
    constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
    std::size_t index = 0;
    for (std::size_t at = bundle.find(kBegin); at != std::string_view::npos; ++index) {
        const std::size_t next = bundle.find(kBegin, at + kBegin.size());
        if (check_pair(bundle.substr(at, next - at), key)) return index;
        at = next;
    }
    return std::nullopt;
}

}  // namespace

CertPair inspect_pair(std::string_view cert_pem, std::string_view key_pem) {
    CertPair pair;
    auto chain = inspect(cert_pem);
    if (chain) {
        pair.chain = std::move(*chain);
    } else {
        pair.cert_problem = std::move(chain.error());
    }
    const KeyPem key{std::string(key_pem)};
    if (const auto read = read_private_key(key); !read) {
        pair.key_problem = read.error();
    } else if (chain) {
        pair.mismatch = !check_pair(cert_pem, key);
        if (pair.mismatch) pair.fits = fitting(cert_pem, key);
    }
    return pair;
}

}  // namespace sni::certs
