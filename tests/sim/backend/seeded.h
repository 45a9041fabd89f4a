// OpenSSL's random bytes, the same in every run: some decide how long a message is.
#pragma once

#include <cstdint>

namespace sni::sim {

/// From here on OpenSSL draws what follows from `seed`, in the whole process.
void seed_openssl(std::uint64_t seed);

}  // namespace sni::sim
