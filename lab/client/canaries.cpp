#include "lab/client/canaries.h"

#include <array>
#include <chrono>

#include <openssl/rand.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "lab/core/encoding.h"

namespace sni::client {

std::string random_alpn_name() {
    std::array<std::byte, 8> random{};
    certs::check(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), random.size()),
                 "draw random bytes");
    return "sni-lab-" + to_hex(random);
}

certs::CertBundle fresh_client_certificate(const certs::CertBundle* authority) {
    const auto now = wall_clock();
    return certs::issue({.names = {random_alpn_name() + ".invalid"},
                         .organization = "sni-lab canary",
                         .key = certs::KeyType::ec_p256,
                         .not_before = now - std::chrono::hours(1),
                         .not_after = now + std::chrono::hours(1),
                         .purpose = certs::Purpose::client},
                        authority);
}

proof::Canary send_alpn_canary(const Probe& probe, const certs::IdentityPublicKey& identity) {
    proof::Canary canary{.kind = proof::CanaryKind::alpn, .token = random_alpn_name()};
    Probe again = probe;
    again.alpn.insert(again.alpn.begin(), canary.token);
    canary.evidence = observe(again, identity);
    return canary;
}

proof::Canary send_certificate_canary(const Probe& probe,
                                      const certs::IdentityPublicKey& identity) {
    proof::Canary canary{.kind = proof::CanaryKind::client_certificate,
                         .evidence = observe(probe, identity)};
    if (probe.certificate) {
        canary.token = to_hex(certs::inspect(probe.certificate->cert_pem)->front().sha256);
    }
    return canary;
}

}  // namespace sni::client
