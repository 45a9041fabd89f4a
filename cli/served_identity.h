// A witness's identity must not be the key of a certificate that its service serves: whoever ends
// TLS with that key, in between too, could sign what the witness states.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "certs/identity.h"
#include "lab/core/endpoint.h"
#include "lab/proxy/header.h"

namespace sni::cli {

/// Looks at what is served, by a handshake without SNI that takes two seconds at most.
class ServedIdentity {
  public:
    /// Service and identity outlive this. A service that wants a header of the PROXY protocol gets
    /// one from `proxy_protocol`.
    ServedIdentity(const Endpoint& service, const certs::IdentityPublicKey& identity,
                   std::optional<proxy::Version> proxy_protocol)
        : service_(service), identity_(identity), proxy_protocol_(proxy_protocol) {}

    /// At the start, and after a reload: what the operator should know, lines with their ends;
    /// empty when all is well. May be called from one thread, beside may_sign() in others.
    std::string look();
    bool served() const { return served_; }
    /// Looks once more where nobody was there when look() did, and, a few times, where the service
    /// broke off.
    bool may_sign();

  private:
    const Endpoint& service_;
    const certs::IdentityPublicKey& identity_;
    const std::optional<proxy::Version> proxy_protocol_;
    std::mutex mutex_;  // one look at a time
    std::atomic<bool> served_ = false;
    std::atomic<bool> unlooked_ = true;
    int broken_ = 0;  // looks in a row; with the mutex held
};

/// Throws Failure(Exit::usage): nothing that it signs would count.
[[noreturn]] void refuse_served_identity(const Endpoint& service);

}  // namespace sni::cli
