// A running backend for tests, with certificates made once per process.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "certs/clock.h"
#include "certs/issue.h"
#include "lab/backend/backend.h"

namespace sni::test {

inline certs::CertRequest certificate_request(std::vector<std::string> names) {
    const auto now = wall_clock();
    return {.names = std::move(names),
            .organization = "myorg",
            .key = certs::KeyType::ec_p256,
            .not_before = now - std::chrono::hours(1),
            .not_after = now + std::chrono::hours(24)};
}

/// CN=httpbin.example.com, self-signed, P-256.
inline const certs::CertBundle& lab_certificate() {
    static const certs::CertBundle bundle =
        certs::issue(certificate_request({"httpbin.example.com"}));
    return bundle;
}

/// A CA, and a client certificate that it signed.
inline const std::pair<certs::CertBundle, certs::CertBundle>& client_certificates() {
    static const auto made = [] {
        certs::CertRequest authority = certificate_request({"lab client CA"});
        authority.purpose = certs::Purpose::authority;
        const certs::CertBundle ca = certs::issue(authority);
        certs::CertRequest client = certificate_request({"client.example.com"});
        client.purpose = certs::Purpose::client;
        return std::pair(ca, certs::issue(client, &ca));
    }();
    return made;
}

inline backend::Options backend_options() {
    return {.name = "pod-1",
            .chain_pem = lab_certificate().chain_pem(),
            .key = lab_certificate().key,
            .identity = certs::Identity::make()};
}

/// A backend, and the identity that it signs with: what a verifier knows of it.
struct KnownBackend {
    explicit KnownBackend(backend::Options options = backend_options())
        : backend([&] {
              options.identity = identity;
              return std::move(options);
          }()) {}

    certs::Identity identity = certs::Identity::make();
    backend::Backend backend;
};

}  // namespace sni::test
