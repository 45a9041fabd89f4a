// What a scenario's own manifests make a gateway do to TLS: end it (a SIMPLE server), and go on in
// plain text or encrypted again; or put TLS of its own around the client's (a DestinationRule). It
// passes on what it was given and nothing else. Users' traffic goes through it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/server.h"

namespace sni::gateways {

/// A certificate, leaf first, and its key.
struct Pair {
    std::string chain_pem;
    certs::KeyPem key;
};

struct TerminatorOptions {
    Endpoint listen = loopback(0);
    Endpoint backend;
    /// With which it ends the client's TLS. Nothing: it does not, and passes the client's bytes on.
    std::optional<Pair> ends_with;
    bool encrypts = true;  ///< goes on to the backend in TLS of its own; else in plain text
    /// A thread each, so there is an end to them; what comes on top is refused with the alert
    /// internal_error.
    std::size_t max_connections = 4096;
    /// How long both sides of a connection may be silent.
    std::chrono::milliseconds idle{std::chrono::hours(1)};
    /// Told, from the accepting thread, why a connection was refused; empty: nobody asks.
    std::function<void(std::string_view)> refused;
};

/// Serves from the constructor to the destructor. The constructor throws Failure as Backend's does.
class Terminator {
  public:
    explicit Terminator(const TerminatorOptions& options);

    Endpoint listening() const { return server_.listening(); }

  private:
    Server server_;
};

}  // namespace sni::gateways
