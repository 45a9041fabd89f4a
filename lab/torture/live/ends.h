// The two ends behind a gateway: the target, where one name must go, and the decoy, where
// everything else goes. Each says which it is, and sends back what it gets.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "certs/sha256.h"
#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/server.h"
#include "lab/net/descriptor.h"
#include "lab/torture/judge.h"
#include "lab/torture/live/arrivals.h"

namespace sni::torture {

class Ends : public Arrivals {
  public:
    /// Of so many finished visits the oldest are forgotten, one by one.
    static constexpr std::size_t kRemembered = 4'096;

    /// Throws Failure(Exit::machine) where it cannot listen.
    Ends(const Endpoint& target, const Endpoint& decoy, std::size_t remembered = kRemembered);

    Endpoint target() const { return listens_; }
    Endpoint decoy() const { return decoy_.listening(); }

    Result<Mark, std::string> mark(const net::Wakeup& stop) override;
    Result<std::optional<Arrived>, std::string> arrived(Bytes sent, const Mark& since,
                                                        std::chrono::milliseconds patience,
                                                        const net::Wakeup& stop) override;
    bool arrange(const Meanwhile& meanwhile) override;
    /// The same as arrived(), without waiting.
    ArrivalStatement state(const ArrivalQuestion& question);

  private:
    /// One connection as far as it came.
    struct Guest {
        std::uint64_t number = 0;
        bool target = false;
        std::string begin;                   ///< kUnmistakable bytes at most
        std::optional<Digest> begin_sha256;  ///< of that many
        std::uint64_t bytes = 0;
        certs::Sha256 received;
        bool over = false;
    };

    void open_target(const Endpoint& at);
    void serve(bool target, net::PlainStream& client, const net::Wakeup& stop);
    void answer(Guest& visit, net::PlainStream& client, const net::Wakeup& stop);
    void note(Guest& visit, std::string_view bytes);
    Guest& begin(bool target);
    ArrivalStatement stated(const ArrivalQuestion& question) const;  ///< mutex_ is held

    const std::size_t remembered_;
    const proof::Nonce run_;
    std::mutex mutex_;  // for what follows, up to the servers
    std::condition_variable changed_;
    std::list<Guest> visits_;  ///< by number
    std::uint64_t begun_ = 0;
    std::uint64_t forgotten_ = 0;  ///< the highest number among them
    std::atomic<std::chrono::milliseconds> late_{};
    Endpoint listens_;                        ///< the target, down or not
    net::Descriptor held_;                    ///< its port, while it is down
    std::optional<gateways::Server> target_;  // last: their threads use the rest
    gateways::Server decoy_;
};

}  // namespace sni::torture
