// The clients: so many connections, so many at once, through a router or without one, each checked
// to the last byte.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lab/bench/load/wire.h"
#include "lab/core/endpoint.h"
#include "lab/session/channel.h"

namespace sni::bench {

/// One drive. Either `hellos` (plain: sent in turns) or `tls_name` (real handshakes) is set.
struct Drive {
    Endpoint to;
    std::span<const std::string> hellos;
    std::string tls_name;

    /// With false the far end is somebody else's: a plain connection is done with its first byte,
    /// a TLS one with its handshake.
    bool to_stub = true;
    Ask ask = Ask::source;
    std::uint64_t bytes = 0;  ///< of one connection; of one round trip with echo
    std::size_t rounds = 1;   ///< echo only
    std::size_t connections = 1;
    std::size_t concurrent = 1;
    std::chrono::milliseconds limit{30'000};
    /// Called once, when every connection has had its first round trip; all stay open until then
    /// and are closed after it. Echo only.
    std::function<void()> when_all_held;
};

struct Driven {
    std::size_t done = 0;
    double seconds = 0;              ///< from the first connect to the last answer
    std::vector<double> latency_ms;  ///< of each connection, or of each round trip with echo
    std::map<std::string, std::size_t> errors;  ///< what went wrong, and how often
};

class Generator {
  public:
    Generator();

    /// Returns early, with what it has, when asked to stop.
    Driven run(const Drive& drive, const std::stop_token& stop);

  private:
    session::ContextPtr context_;
    std::vector<std::byte> buffer_;
};

}  // namespace sni::bench
