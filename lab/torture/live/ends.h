// The two ends behind a gateway: the target, where one name must go, and the decoy, where
// everything else goes. Each says which it is, and sends back what it gets.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/server.h"
#include "lab/torture/judge.h"

namespace sni::torture {

class Ends {
  public:
    /// Throws Failure(Exit::machine) where it cannot listen.
    Ends(const Endpoint& target, const Endpoint& decoy);

    Endpoint target() const { return target_.listening(); }
    Endpoint decoy() const { return decoy_.listening(); }

    /// Where a client's bytes, a hello with its own random first, arrived; waits until that
    /// connection is over, so long at most. Nothing when none of them did.
    std::optional<Arrived> arrived(Bytes sent, std::chrono::milliseconds patience);

  private:
    /// One connection, known by its first bytes.
    struct Visit {
        bool target = false;
        std::string begin;
        bool over = false;
    };

    void serve(bool target, net::PlainStream& client, const net::Wakeup& stop);
    void answer(Visit& visit, net::PlainStream& client, const net::Wakeup& stop);
    void note(Visit& visit, std::string_view bytes);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Visit> visits_;  // guarded by mutex_, as is what is in them
    gateways::Server target_;  // last: their threads use the rest
    gateways::Server decoy_;
};

}  // namespace sni::torture
