// One direction of a relay: moves bytes from one stream to another. Small reads are copied through
// the thread's buffer; bulk goes through a pipe, and never into this process. Inside lab/net only.
#pragma once

#include <cstdint>
#include <memory>

#include "lab/core/bytes.h"
#include "lab/net/loop/held_bytes.h"
#include "lab/net/loop/pipe_pool.h"
#include "lab/net/loop/relay.h"
#include "lab/net/loop/stream.h"

namespace sni::net {

enum class PumpResult { waiting, more, broken };

/// What is kept of a direction while nothing moves: every idle connection has two.
class PumpState {
  public:
    /// A receiver that is stuck makes this hold a pipe.
    bool holds_pipe() const { return pipe_ != nullptr; }
    /// The sender's end has arrived; and all that came before it has been passed on.
    bool ended() const { return ended_; }
    bool finished() const { return finished_; }
    /// That the receiver has taken.
    std::uint64_t bytes() const { return bytes_; }
    /// Must be the last; `held` is its thread's.
    void let_go(HeldBytes& held);

  private:
    friend class BytePump;
    // One of them at most holds something, and nothing more is read until that is gone.
    std::unique_ptr<HeldBlock> held_;
    PipePtr pipe_;
    std::uint64_t bytes_ = 0;
    bool more_ : 1 = false;  // the last read was as much as a small one takes: there may be more
    bool bulk_ : 1 = false;  // the last read was worth a pipe
    bool unpushed_ : 1 = false;  // the last bytes wait in the kernel for the end behind them
    bool ended_ : 1 = false;
    bool finished_ : 1 = false;
    bool end_passed_on_ : 1 = false;
};

/// Made anew for each turn, of what its relay knows.
class BytePump {
  public:
    using See = void (RelayObserver::*)(Bytes);

    /// What is read is shown to `observer`, if there is one, by `see`.
    BytePump(PumpState& state, Stream& from, Stream& to, RelayObserver* observer, See see)
        : state_(state), from_(from), to_(to), observer_(observer), see_(see) {}
    BytePump(const BytePump&) = delete;
    BytePump& operator=(const BytePump&) = delete;

    /// Moves what can be moved now, up to one turn. Throws when there is no memory to hold what the
    /// receiver does not take.
    PumpResult pump();
    /// Once finished() and not yet told: tells the receiver that its sender has ended.
    void pass_on_end();
    /// Sends now what can be sent, and holds the rest; false when the receiver is lost. Nothing may
    /// be held already. With `more`, the kernel waits for what follows.
    bool send(Bytes bytes, bool more = false);
    /// Leaves nothing waiting in the kernel: for when the end will not be passed on after all.
    void push();

    /// Gives the pipe back, and keeps what was in it in memory of our own. Throws as pump().
    void give_up_pipe();

  private:
    PumpResult move();
    bool flush();
    std::size_t helping() const;
    std::size_t copy(std::size_t most);
    std::size_t splice(std::size_t most);

    PumpState& state_;
    Stream& from_;
    Stream& to_;
    RelayObserver* const observer_;
    const See see_;
};

}  // namespace sni::net
