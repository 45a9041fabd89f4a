// A gateway that cheats: it has the backend's own certificate and key, ends TLS, and starts a
// session of its own to the backend (A2 of the threat model). For negative controls only: demo,
// self-tests and tests; nothing that a user's traffic goes through ever uses it.
#pragma once

#include <memory>
#include <string>

#include "certs/issue.h"
#include "lab/core/endpoint.h"

namespace sni::gateways {

struct ReencryptingOptions {
    Endpoint listen = loopback(0);
    Endpoint backend;
    std::string chain_pem;  ///< the backend's own, leaf first
    certs::KeyPem key{""};
};

/// Serves from the constructor to the destructor, at most 64 connections at once. The constructor
/// throws Failure as Backend's does.
class ReencryptingGateway {
  public:
    explicit ReencryptingGateway(const ReencryptingOptions& options);
    ~ReencryptingGateway();
    ReencryptingGateway(const ReencryptingGateway&) = delete;
    ReencryptingGateway& operator=(const ReencryptingGateway&) = delete;

    Endpoint listening() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::gateways
