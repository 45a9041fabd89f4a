// A wire with hands: one connection between a client and a gateway, whose first bytes it may cut,
// hold back or replace on their way, and whose answer it keeps as whoever sits in between could. It
// holds no key and changes nothing that was encrypted.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/scenario/checks.h"

namespace sni::gateways {

struct TapOptions {
    Endpoint to;
    scenario::HelloShape shape = scenario::HelloShape::ordinary;  ///< those that are cut on the way
    std::vector<std::byte> preface;     ///< in front of everything the client says
    std::chrono::milliseconds idle{0};  ///< between the client's hello and what follows it
};

/// Takes one connection. The constructor listens on loopback and throws Failure as Backend's does;
/// the destructor cuts what is there.
class Tap {
  public:
    explicit Tap(TapOptions options);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    Endpoint listening() const;
    /// Cuts the connection; what came from the gateway, 1 MiB at most.
    std::string seen();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::gateways
