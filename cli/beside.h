// A witness of verify's own right beside somebody's client, to see what it sends to the gateway.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/proof/witness.h"
#include "lab/router/router.h"
#include "lab/witness/record.h"

namespace sni::cli {

/// Relays to `to` what comes to a free port of loopback, and changes nothing.
class Beside {
  public:
    explicit Beside(const Endpoint& to);

    Endpoint listening() const { return router_.listening().front(); }
    /// All that it saw, when the client is done; what is still open is cut after a while.
    std::vector<proof::WitnessedSession> sessions();
    /// How many more there were.
    std::uint64_t let_go() const { return record_.figures().let_go; }

  private:
    witness::Record record_;
    router::Router router_;
};

}  // namespace sni::cli
