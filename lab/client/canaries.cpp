#include "lab/client/canaries.h"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include <openssl/rand.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "lab/core/encoding.h"

namespace sni::client {

namespace {

std::array<std::byte, 8> draw() {
    std::array<std::byte, 8> random{};
    certs::check(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), random.size()),
                 "draw random bytes");
    return random;
}

/// http/1.1 is always in it, so that what the backend speaks can be agreed on.
std::vector<std::string> unusual_alpn() {
    const auto random = draw();
    const auto low = std::to_integer<unsigned>(random[0]);
    const char grease = static_cast<char>((low & 0xF0) | 0x0A);
    std::vector<std::string> names = {{grease, grease}, "h2", "http/1.1", "http/1.0"};
    // Every order is as likely as the next one, but for the list that curl and browsers send.
    for (std::size_t left = names.size(); left > 1; --left) {
        std::swap(names[left - 1], names[std::to_integer<unsigned>(random[left]) % left]);
    }
    return names;
}

/// As people write such a list: "0x2a2a,http/1.1".
std::string spelled(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        const bool grease = name.size() == 2 && name != "h2";
        text += (text.empty() ? "" : ",") + (grease ? "0x" + to_hex(as_bytes(name)) : name);
    }
    return text;
}

}  // namespace

certs::CertBundle fresh_client_certificate(const certs::CertBundle* authority) {
    const auto now = wall_clock();
    return certs::issue({.names = {"client-" + to_hex(draw()) + ".invalid"},
                         .organization = "client",
                         .key = certs::KeyType::ec_p256,
                         .not_before = now - std::chrono::hours(1),
                         .not_after = now + std::chrono::hours(1),
                         .purpose = certs::Purpose::client},
                        authority);
}

proof::Canary send_alpn_canary(const Probe& probe, const certs::IdentityPublicKey& identity) {
    Probe again = probe;
    again.offer.alpn = unusual_alpn();
    proof::Canary canary{.kind = proof::CanaryKind::alpn, .token = spelled(again.offer.alpn)};
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
