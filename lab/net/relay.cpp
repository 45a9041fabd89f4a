#include "lab/net/relay.h"

#include <memory>

#include "lab/net/byte_pump.h"

namespace sni::net {

namespace {

/// So long a receiver may be stuck with a pipe before others get it: pipes are few.
constexpr std::chrono::milliseconds kPipePatience{1'000};

}  // namespace

class Relay final : public Resident, private Waiter {
  public:
    Relay(StreamPtr a, StreamPtr b, std::chrono::milliseconds idle,
          std::move_only_function<void(const RelayResult&)> done, RelayView* view)
        : a_(std::move(a)),
          b_(std::move(b)),
          up_(*a_, *b_),
          down_(*b_, *a_),
          idle_(idle),
          done_(std::move(done)),
          view_(view) {
        if (view_) view_->relay_ = this;
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

    RelayResult so_far() const { return {.up = up_.bytes(), .down = down_.bytes()}; }

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
            // Closing tells the ends that nobody was told of yet.
            return end(Ending::finished, Ending::finished, false);
        }
        up_.pass_on_end();
        down_.pass_on_end();
        // The idle time's own deadline rides on a's stream: the wheel looks at it where it hangs.
        if (up_.bytes() + down_.bytes() != before) a_->expire_at(a_->loop().now() + idle_);
        if ((up_.holds_pipe() || down_.holds_pipe()) && !pipe_deadline_) {
            b_->expire_at(b_->loop().now() + kPipePatience);
            pipe_deadline_ = true;
        }
    }

    /// a's is the idle time, b's is for pipes.
    void on_expired(Stream& stream) override {
        if (&stream == a_.get()) return end(Ending::timed_out, Ending::timed_out, true);
        pipe_deadline_ = false;
        if (up_.holds_pipe()) up_.give_up_pipe();
        if (down_.holds_pipe()) down_.give_up_pipe();
    }

    /// Frees this, and tells when nothing is held any more.
    void end(Ending a, Ending b, bool abort) {
        // Who had finished before has not been harmed by what came later.
        if (up_.ended() && a == Ending::cut) a = Ending::finished;
        if (down_.ended() && b == Ending::cut) b = Ending::finished;
        if (abort) {
            up_.push();
            down_.push();
            a_->abort();
            b_->abort();
        }
        const RelayResult result{.up = up_.bytes(), .down = down_.bytes(), .a = a, .b = b};
        auto done = std::move(done_);
        if (view_) view_->relay_ = nullptr;
        delete this;
        done(result);
    }

    StreamPtr a_;
    StreamPtr b_;
    BytePump up_;
    BytePump down_;
    bool pipe_deadline_ = false;
    std::chrono::milliseconds idle_;
    std::move_only_function<void(const RelayResult&)> done_;
    RelayView* view_;
};

RelayResult RelayView::so_far() const {
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
        case Ending::cut:
            break;
    }
    return "cut";
}

void relay(Socket a, Socket b, Bytes first, std::chrono::milliseconds idle,
           std::move_only_function<void(const RelayResult&)> done, RelayView* view) {
    Loop& loop = a.loop();
    auto* relay = new Relay(a.release(), b.release(), idle, std::move(done), view);
    loop.carry(*relay);
    relay->start(first);
}

}  // namespace sni::net
