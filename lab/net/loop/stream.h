// One connected descriptor with its readiness, its deadline and whoever waits for it. The state
// behind Socket and relay; inside lab/net only.
#pragma once

#include <cstdint>
#include <memory>

#include "lab/core/bytes.h"
#include "lab/net/loop/loop.h"
#include "lab/net/loop/pipe_pool.h"
#include "lab/net/loop/quota.h"

namespace sni::net {

class Stream;

/// What a stream tells of its events: an awaiting coroutine, a dial or a relay.
class Waiter {
  public:
    virtual void on_ready(Stream& stream) = 0;
    virtual void on_expired(Stream& stream) = 0;

  protected:
    ~Waiter() = default;
};

/// Edge-triggered: epoll tells each change once, and what it told is remembered here until a call
/// finds the kernel empty (or full). Nothing is asked of epoll before somebody has to wait.
class Stream final : public Watcher {
  public:
    Stream(Loop& loop, Descriptor descriptor, Slot slot);
    ~Stream() override;

    /// A count, 0 at the end of the stream, or -1 with errno; EAGAIN when there is nothing yet.
    ssize_t receive(std::span<std::byte> buffer);
    /// A count, or -1 with errno when none of it was taken. A short count means that there is no
    /// room now, or that the connection was lost meanwhile: failed(). Of what is sent with `more`
    /// to come, the kernel may keep the tail back until that comes, or push().
    ssize_t send(Bytes bytes, bool more = false);
    void push();
    /// The same through a pipe, which keeps count: up to `most` bytes into an empty one, and what
    /// is in it out again. Finding nothing here does not mean that receive() would.
    ssize_t receive_into(Pipe& pipe, std::size_t most);
    ssize_t send_from(Pipe& pipe);
    void finish_sending();
    /// Closes with a reset.
    void abort();
    void close();
    /// The same with a reset where the loop ends first, so that nobody takes that for an end; but
    /// who had been sent an end has heard all.
    void close_or_cut();
    /// About how much send() would take now. Asks the kernel.
    std::size_t room() const;
    /// It held too much of what all may hold: whoever waits for it is told, as of a connection
    /// that is lost, unless it is the one that asks.
    void crowd_out(bool tell);

    /// False when it is known that receive() would find nothing.
    bool may_receive() const { return may_receive_; }
    bool may_send() const { return may_send_; }
    /// For one on which nothing can have come: the first byte is epoll's to tell of.
    void await_input() { may_receive_ = false; }
    /// The peer reset the connection, or the network lost it.
    bool failed() const { return failed_; }
    /// When it failed(): the kernel gave the peer up, which acknowledged nothing.
    bool timed_out() const;
    bool crowded_out() const { return crowded_out_; }
    /// The peer's end is behind the bytes that are still to be read.
    bool ending() const { return ending_ && !failed_; }

    /// Makes `waiter` the one to tell; at most one, and null for nobody.
    void set_waiter(Waiter* waiter) { waiter_ = waiter; }
    Waiter* waiter() const { return waiter_; }
    /// Sees to it that epoll tells of readability, the end and resets; and of room to send.
    void listen_for_input();
    void listen_for_room();

    void expire_at(Clock::time_point when) {
        expired_ = false;
        loop_.timers().set(*this, when);
    }
    void expire_never() {
        expired_ = false;
        loop_.timers().clear(*this);
    }
    bool expired() const { return expired_; }

    Loop& loop() const { return loop_; }
    int fd() const { return descriptor_.fd(); }

    void on_events(std::uint32_t events) override;
    void on_deadline() override;

  private:
    enum class Watched : std::uint8_t { nothing, input, input_and_room };
    void watch(Watched what);
    void fail();

    // There are two for each connection: what is small comes first, where the base leaves room.
    Watched watched_ = Watched::nothing;
    bool may_receive_ : 1 = true;
    bool may_send_ : 1 = true;
    bool ending_ : 1 = false;  // epoll told of an end that a read has not met yet
    bool urgent_ : 1 = false;  // it has been sent a byte out of band, once at least
    bool failed_ : 1 = false;
    bool expired_ : 1 = false;
    bool crowded_out_ : 1 = false;
    bool timed_out_ : 1 = false;
    bool sent_end_ : 1 = false;
    Descriptor descriptor_;
    Loop& loop_;
    Waiter* waiter_ = nullptr;
    Slot slot_;
};

/// Closes, and leaves the memory to the end of the loop's round.
struct Retire {
    void operator()(Stream* stream) const;
};
using StreamPtr = std::unique_ptr<Stream, Retire>;

}  // namespace sni::net
