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
#include "lab/torture/live/arrivals.h"

namespace sni::torture {

class Ends : public Arrivals {
  public:
    /// Throws Failure(Exit::machine) where it cannot listen.
    Ends(const Endpoint& target, const Endpoint& decoy);

    Endpoint target() const { return target_.listening(); }
    Endpoint decoy() const { return decoy_.listening(); }

    std::optional<Arrived> arrived(Bytes sent, net::Clock::time_point since,
                                   std::chrono::milliseconds patience) override;
    /// The same without waiting, of bytes whose beginning() has this SHA-256.
    std::optional<Arrived> arrived_now(const Digest& begin_sha256, net::Clock::time_point since);

  private:
    /// One connection, known by its first bytes.
    struct Visit {
        bool target = false;
        std::string begin;
        net::Clock::time_point began;
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
