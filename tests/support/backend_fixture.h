// A running backend for tests, with certificates made once per process.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
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

/// The lines of a backend's access log, which any of its threads may write. Must outlive it.
class KeptLog {
  public:
    /// For Options::access_log.
    std::function<void(std::string_view)> writer() {
        return [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
        };
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    /// True when one of them has `part`.
    bool contains(std::string_view part) const {
        for (const std::string& line : lines()) {
            if (line.contains(part)) return true;
        }
        return false;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

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
