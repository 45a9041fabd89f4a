// Moves bytes between two connections until both have finished. A small object on the loop, not a
// coroutine, so that an idle connection costs next to nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "lab/net/loop/socket.h"

namespace sni::net {

/// How one side of a connection ended; the enumerator is the word in the log.
enum class Ending {
    open,       ///< not yet
    finished,   ///< it had sent everything, and said so
    reset,      ///< it gave the connection up, or the network lost it
    timed_out,  ///< nothing moved for too long, or it acknowledged nothing (Liveness)
    too_slow,   ///< it did not take what was held for it, when all held too much (HeldBytes)
    cut,        ///< we closed it, because of the other side or because we stop
};
std::string_view to_string(Ending ending);

struct RelayResult {
    std::uint64_t up = 0;    ///< bytes from a that b has taken
    std::uint64_t down = 0;  ///< bytes from b that a has taken
    Ending a = Ending::open;
    Ending b = Ending::open;
    bool operator==(const RelayResult&) const = default;
};

/// When to end a connection on which no byte moves: each time is for the longest silence, and 0 is
/// for ever.
struct IdleLimits {
    // NOLINTNEXTLINE(google-explicit-constructor): one time is the common case
    IdleLimits(std::chrono::milliseconds o, std::chrono::milliseconds h = {})
        : open(o), half_closed(h) {}
    std::chrono::milliseconds open;
    /// Once one side has finished sending; 0: the same as before.
    std::chrono::milliseconds half_closed;
};

/// Sees every byte of a relay as it is read, each direction in order; on the relay's thread. What
/// it throws ends the connection.
class RelayObserver {
  public:
    virtual ~RelayObserver() = default;
    virtual void up(Bytes bytes) = 0;    ///< from a
    virtual void down(Bytes bytes) = 0;  ///< from b
    /// a has finished sending, and b had not before.
    virtual void finished_first() {}
};

class Relay;

/// What is relayed for, such as a session: the relay keeps it until the end. For its loop's thread
/// alone.
class Relayed {
  public:
    Relayed() = default;
    Relayed(const Relayed&) = delete;
    Relayed& operator=(const Relayed&) = delete;
    virtual ~Relayed() = default;

    /// Called once, when nothing is held for the relay any more; then this is destroyed.
    virtual void ended(const RelayResult& result) noexcept = 0;
    /// Who sees what is read, null for nobody. Asked for at every read where there was one at the
    /// start.
    virtual RelayObserver* observer() { return nullptr; }

    /// All open, and the bytes so far; without a relay there are none.
    RelayResult so_far() const;

  private:
    friend class Relay;
    const Relay* relay_ = nullptr;
};

/// Takes both sockets over. Each direction is on its own: an end of `a` is passed on to `b` after
/// the last byte, and the other way goes on. A reset is passed on as a reset, at once even when the
/// other side is stuck; a Unix socket knows none, and its peer reads an end. A side that does not
/// read stops the other from being read: 16 KiB or a little more are held for it, and for all of a
/// loop as much as its HeldBytes allow. `first` has been read from `a` already, and goes to `b`
/// before all else. `relayed` is told of the end on the loop's thread, also when the loop ends
/// first, and when there is no memory for a relay. Peers of a relay that is quiet for the loop's
/// Liveness::keepalive are asked from then on whether they are there. Its observer, if there is
/// one, sees what is read after `first`: then all is copied, and nothing spliced.
void relay(Socket a, Socket b, Bytes first, IdleLimits idle,
           std::unique_ptr<Relayed> relayed) noexcept;

}  // namespace sni::net
