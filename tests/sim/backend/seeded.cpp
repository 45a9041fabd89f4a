#include "tests/sim/backend/seeded.h"

#include <openssl/rand.h>

#include "certs/openssl.h"
#include "tests/sim/tape.h"

namespace sni::sim {

namespace {

std::uint64_t state = 0;

int draw(unsigned char* out, int count) {
    for (int i = 0; i < count; ++i) {
        state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
        out[i] = static_cast<unsigned char>(state >> 56);
    }
    return 1;
}

int ready() {
    return 1;
}

}  // namespace

// Deprecated for a provider of one's own, which is ten times as much and no other in what it does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

void seed_openssl(std::uint64_t seed) {
    static const RAND_METHOD method{nullptr, draw, nullptr, nullptr, draw, ready};
    static const bool set = (certs::check(RAND_set_rand_method(&method), "draw for OpenSSL"), true);
    (void)set;
    state = seed;
}

#pragma GCC diagnostic pop

}  // namespace sni::sim
