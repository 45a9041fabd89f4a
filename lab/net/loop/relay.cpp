#include "lab/net/loop/relay.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>

#include "lab/net/loop/byte_pump.h"
#include "lab/net/loop/liveness.h"

namespace sni::net {

namespace {

/// So long a receiver may be stuck with a pipe before others get it: pipes are few.
constexpr std::chrono::milliseconds kPipePatience{1'000};

std::uint32_t milliseconds(std::chrono::milliseconds time) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();  // 49 days
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, kMost));
}

}  // namespace

class Relay final : public LoopTask, private Waiter {
  public:
    Relay(StreamPtr a, StreamPtr b, IdleLimits idle, std::unique_ptr<Relayed> relayed) noexcept
        : a_(std::move(a)),
          b_(std::move(b)),
          relayed_(std::move(relayed)),
          observed_(relayed_->observer() != nullptr),
          idle_(milliseconds(idle.open)),
          half_closed_idle_(milliseconds(idle.half_closed)) {
        relayed_->relay_ = this;
        a_->set_waiter(this);
        b_->set_waiter(this);
        a_->expire_never();
        b_->expire_never();
        set_idle_deadline();
    }

    /// Both ways once, since what came before we listened is told to nobody again.
    void start(Bytes first) {
        or_end([&] {
            a_->listen_for_input();
            b_->listen_for_input();
            up().send(first);  // what goes wrong is seen by the turn that follows
            turn();
        });
    }

    void cancel() override { end(Ending::cut, Ending::cut, true); }

    RelayResult so_far() const { return {.up = up_.bytes(), .down = down_.bytes()}; }

  private:
    ~Relay() {
        up_.let_go(a_->loop().held());
        down_.let_go(a_->loop().held());
    }

    BytePump up() { return {up_, *a_, *b_, observer(), &RelayObserver::up}; }
    BytePump down() { return {down_, *b_, *a_, observer(), &RelayObserver::down}; }
    RelayObserver* observer() { return observed_ ? relayed_->observer() : nullptr; }

    /// A side that is crowded out while this is at work itself is looked at behind that.
    void on_ready(Stream&) override {
        if (at_work_) return;
        or_end([this] { turn(); });
    }

    /// Without memory this connection ends, and no other.
    template <class Work>
    void or_end(Work&& work) noexcept {
        try {
            work();
        } catch (const std::exception&) {
            end(Ending::cut, Ending::cut, true);
        }
    }

    void turn() {
        assert(!at_work_ && "a turn inside a turn would send bytes ahead of those before them");
        if (a_->crowded_out() || b_->crowded_out()) return end(lost(*a_), lost(*b_), true);
        const std::uint64_t before = up_.bytes() + down_.bytes();
        const bool open_before = !half_closed();
        at_work_ = true;
        BytePump up = this->up();
        BytePump down = this->down();
        const PumpResult went_up = up.pump();
        const PumpResult went_down = down.pump();
        at_work_ = false;
        if (observed_ && open_before && up_.ended()) observer()->finished_first();
        if (went_up == PumpResult::more || went_down == PumpResult::more) {
            a_->loop().queue(*a_);
        } else if (went_up == PumpResult::broken || went_down == PumpResult::broken ||
                   a_->failed() || b_->failed()) {
            return end(lost(*a_), lost(*b_), true);
        }
        if (up_.finished() && down_.finished()) {
            // Closing tells the ends that nobody was told of yet.
            return end(Ending::finished, Ending::finished, false);
        }
        up.pass_on_end();
        down.pass_on_end();
        const bool moved = up_.bytes() + down_.bytes() != before;
        if (moved || (open_before && half_closed())) set_idle_deadline();
        if ((up_.holds_pipe() || down_.holds_pipe()) && !pipe_deadline_) {
            b_->expire_at(b_->loop().now() + kPipePatience);
            pipe_deadline_ = true;
        }
    }

    /// a's is for silence, b's is for pipes.
    void on_expired(Stream& stream) override {
        if (&stream == a_.get()) return on_silence();
        pipe_deadline_ = false;
        or_end([this] {
            at_work_ = true;
            if (up_.holds_pipe()) up().give_up_pipe();
            if (down_.holds_pipe()) down().give_up_pipe();
            at_work_ = false;
            if (a_->crowded_out() || b_->crowded_out()) turn();
        });
    }

    /// Quiet for as long as it may be, or until its peers are to be asked whether they are there.
    void on_silence() {
        const std::int64_t idle = idle_limit();
        if (!asks_before(idle)) return end(Ending::timed_out, Ending::timed_out, true);
        kept_alive_ = true;
        const Liveness& liveness = a_->loop().liveness();
        start_keepalive(liveness, a_->fd());
        start_keepalive(liveness, b_->fd());
        if (idle > 0) expire_in(idle - liveness.keepalive.count());
    }

    bool half_closed() const { return up_.ended() || down_.ended(); }
    /// In milliseconds; 0: for ever.
    std::int64_t idle_limit() const {
        if (!half_closed() || half_closed_idle_ == 0) return idle_;
        return idle_ > 0 ? std::min(idle_, half_closed_idle_) : half_closed_idle_;
    }
    bool asks_before(std::int64_t idle) const {
        const std::int64_t keepalive = a_->loop().liveness().keepalive.count();
        return !kept_alive_ && keepalive > 0 && (idle == 0 || keepalive < idle);
    }
    void set_idle_deadline() {
        const std::int64_t idle = idle_limit();
        if (asks_before(idle)) {
            expire_in(a_->loop().liveness().keepalive.count());
        } else if (idle > 0) {
            expire_in(idle);
        }
    }
    /// Rides on a's stream, and the wheel looks at it where it hangs: moving it costs a store.
    void expire_in(std::int64_t milliseconds) {
        a_->expire_at(a_->loop().now() + std::chrono::milliseconds(milliseconds));
    }

    static Ending lost(const Stream& stream) {
        if (stream.crowded_out()) return Ending::too_slow;
        if (!stream.failed()) return Ending::cut;
        return stream.timed_out() ? Ending::timed_out : Ending::reset;
    }

    /// Frees this, and tells when nothing is held any more.
    void end(Ending a, Ending b, bool abort) noexcept {
        // Who had finished before has not been harmed by what came later.
        if (up_.ended() && a == Ending::cut) a = Ending::finished;
        if (down_.ended() && b == Ending::cut) b = Ending::finished;
        if (abort) {
            up().push();
            down().push();
            a_->abort();
            b_->abort();
        }
        const RelayResult result{.up = up_.bytes(), .down = down_.bytes(), .a = a, .b = b};
        const std::unique_ptr<Relayed> relayed = std::move(relayed_);
        relayed->relay_ = nullptr;
        delete this;
        relayed->ended(result);
    }

    StreamPtr a_;
    StreamPtr b_;
    std::unique_ptr<Relayed> relayed_;
    // What is small lies where the states leave room.
    [[no_unique_address]] PumpState up_;
    bool at_work_ : 1 = false;
    bool pipe_deadline_ : 1 = false;
    bool kept_alive_ : 1 = false;  // by the kernel
    const bool observed_ : 1;
    const std::uint32_t idle_;  // both in milliseconds
    [[no_unique_address]] PumpState down_;
    const std::uint32_t half_closed_idle_;
};

RelayResult Relayed::so_far() const {
    return relay_ ? relay_->so_far() : RelayResult{};
}

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
        case Ending::too_slow:
            return "too_slow";
        case Ending::cut:
            break;
    }
    return "cut";
}

void relay(Socket a, Socket b, Bytes first, IdleLimits idle,
           std::unique_ptr<Relayed> relayed) noexcept {
    Loop& loop = a.loop();
    // Memory comes before the arguments are moved from.
    auto* relay = new (std::nothrow) Relay(a.release(), b.release(), idle, std::move(relayed));
    if (!relay) {
        a.reset();
        b.reset();
        // Where there is no memory the arguments are not evaluated.
        // NOLINTNEXTLINE(bugprone-use-after-move)
        return relayed->ended({.a = Ending::cut, .b = Ending::cut});
    }
    loop.carry(*relay);
    relay->start(first);
}

}  // namespace sni::net
