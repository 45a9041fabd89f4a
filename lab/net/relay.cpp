#include "lab/net/relay.h"

#include <algorithm>
#include <memory>

namespace sni::net {

namespace {

/// A direction that always finds more gives way to the other connections after so much.
constexpr std::size_t kTurn = 1u << 20;

/// What has been read and could not be written yet.
class Backlog {
  public:
    bool empty() const { return begin_ == end_; }
    Bytes bytes() const { return {block_.get() + begin_, end_ - begin_}; }
    void keep(Bytes bytes) {
        block_ = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
        std::ranges::copy(bytes, block_.get());
        begin_ = 0;
        end_ = static_cast<std::uint32_t>(bytes.size());
    }
    void drop(std::size_t count) {
        begin_ += static_cast<std::uint32_t>(count);
        if (empty()) block_.reset();
    }

  private:
    std::unique_ptr<std::byte[]> block_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
};

enum class Pumped { waiting, more, broken };

/// One direction.
class Flow {
  public:
    Flow(Stream& from, Stream& to) : from_(from), to_(to) {}

    /// Moves what can be moved now.
    Pumped pump() {
        if (finished_) return Pumped::waiting;
        for (std::size_t moved = 0; moved < kTurn;) {
            if (!flush()) return to_.failed() ? Pumped::broken : Pumped::waiting;
            if (ended_) {
                to_.finish_sending();
                finished_ = true;
                return Pumped::waiting;
            }
            if (!from_.may_receive()) return Pumped::waiting;
            const std::span<std::byte> buffer = from_.loop().scratch();
            const ssize_t count = from_.receive(buffer);
            if (count < 0) return from_.failed() ? Pumped::broken : Pumped::waiting;
            ended_ = count == 0;
            if (!ended_ && !send(Bytes(buffer).first(static_cast<std::size_t>(count)))) {
                return Pumped::broken;
            }
            moved += static_cast<std::size_t>(count);
        }
        return Pumped::more;
    }

    /// Sends now what can be sent, and holds the rest; false when the receiver is lost.
    bool send(Bytes bytes) {
        const ssize_t sent = to_.send(bytes);
        if (sent < 0) return false;
        bytes_ += static_cast<std::uint64_t>(sent);
        const Bytes rest = bytes.subspan(static_cast<std::size_t>(sent));
        if (!rest.empty()) {
            backlog_.keep(rest);
            to_.listen_for_room();
        }
        return true;
    }

    /// The sender's end has arrived and has been passed on.
    bool finished() const { return finished_; }
    bool ended() const { return ended_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    /// True when nothing is left over from before.
    bool flush() {
        if (backlog_.empty()) return true;
        if (!to_.may_send()) return false;
        const ssize_t sent = to_.send(backlog_.bytes());
        if (sent < 0) return false;
        bytes_ += static_cast<std::uint64_t>(sent);
        backlog_.drop(static_cast<std::size_t>(sent));
        return backlog_.empty();
    }

    Stream& from_;
    Stream& to_;
    Backlog backlog_;
    std::uint64_t bytes_ = 0;
    bool ended_ = false;
    bool finished_ = false;
};

class Relay final : public Resident, private Waiter {
  public:
    Relay(StreamPtr a, StreamPtr b, std::chrono::milliseconds idle,
          std::move_only_function<void(const RelayResult&)> done)
        : a_(std::move(a)),
          b_(std::move(b)),
          up_(*a_, *b_),
          down_(*b_, *a_),
          idle_(idle),
          done_(std::move(done)) {
        a_->tell(this);
        b_->tell(this);
        a_->listen_for_input();
        b_->listen_for_input();
        b_->expire_never();
        a_->expire_at(a_->loop().now() + idle_);
    }

    /// Both ways once, since what came before we listened is told to nobody again.
    void start(Bytes first) {
        up_.send(first);  // what goes wrong is seen by the turn that follows
        on_ready(*a_);
    }

    void evict() override { end(Ending::cut, Ending::cut, true); }

  private:
    void on_ready(Stream&) override {
        const std::uint64_t before = up_.bytes() + down_.bytes();
        const Pumped up = up_.pump();
        const Pumped down = down_.pump();
        if (up == Pumped::more || down == Pumped::more) {
            a_->loop().queue(*a_);
        } else if (up == Pumped::broken || down == Pumped::broken || a_->failed() || b_->failed()) {
            const auto ending = [](const Stream& stream) {
                return stream.failed() ? Ending::reset : Ending::cut;
            };
            return end(ending(*a_), ending(*b_), true);
        }
        if (up_.finished() && down_.finished()) {
            return end(Ending::finished, Ending::finished, false);
        }
        // The idle time's own deadline rides on a's stream: the wheel looks at it where it hangs.
        if (up_.bytes() + down_.bytes() != before) a_->expire_at(a_->loop().now() + idle_);
    }

    void on_expired(Stream&) override { end(Ending::timed_out, Ending::timed_out, true); }

    /// Frees this.
    void end(Ending a, Ending b, bool abort) {
        const std::unique_ptr<Relay> self(this);
        // Who had finished before has not been harmed by what came later.
        if (up_.ended() && a == Ending::cut) a = Ending::finished;
        if (down_.ended() && b == Ending::cut) b = Ending::finished;
        if (abort) {
            a_->abort();
            b_->abort();
        }
        a_.reset();
        b_.reset();
        done_({.up = up_.bytes(), .down = down_.bytes(), .a = a, .b = b});
    }

    StreamPtr a_;
    StreamPtr b_;
    Flow up_;
    Flow down_;
    std::chrono::milliseconds idle_;
    std::move_only_function<void(const RelayResult&)> done_;
};

}  // namespace

std::string_view to_string(Ending ending) {
    switch (ending) {
        case Ending::open:
            return "open";
        case Ending::finished:
            return "finished";
        case Ending::reset:
            return "reset";
        case Ending::timed_out:
            return "timed_out";
        case Ending::cut:
            break;
    }
    return "cut";
}

void relay(Socket a, Socket b, Bytes first, std::chrono::milliseconds idle,
           std::move_only_function<void(const RelayResult&)> done) {
    Loop& loop = a.loop();
    auto* relay = new Relay(a.release(), b.release(), idle, std::move(done));
    loop.carry(*relay);
    relay->start(first);
}

}  // namespace sni::net
