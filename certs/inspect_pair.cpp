#include "certs/inspect_pair.h"

#include <string>

#include "certs/inspect.h"
#include "certs/pem.h"

namespace sni::certs {

analyze::Pair inspect_pair(std::string_view cert_pem, std::string_view key_pem) {
    analyze::Pair pair;
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
    }
    return pair;
}

}  // namespace sni::certs
