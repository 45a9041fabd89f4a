// How a session ends: what it says before it goes, and how long it waits until that is heard.
#include <exception>

#include "lab/backend/session.h"

namespace sni::backend {

void Session::finish() noexcept {
    try {
        if (answering_) {
            cut();
            return;
        }
        if (phase_ == Phase::talking && unsent_.empty()) {
            unsent_ = farewell_;
            send_unsent();
        }
        channel_->finish();
    } catch (const std::exception&) {
        abandon();  // no memory to say goodbye or to tell of it
    }
}

Session::Next Session::drain() {
    expired_ = false;
    if (stalled_) {
        channel_->socket().finish_sending();  // it would not take a goodbye, either
        enter(Phase::draining, kDrain);
        return discard();
    }
    if (phase_ == Phase::talking && unsent_.empty() && !last_word_) unsent_ = farewell_;
    return leave();
}

/// A client that has yet to take what it was sent may leave no room for a goodbye, and without one
/// takes an answer that only the end of the connection ends for cut.
Session::Next Session::leave() {
    const Io said = send_unsent();
    if (said == Io::want_write || channel_->finish() == Io::want_write) {
        enter(Phase::leaving, service_.limits.write_stall);
        const Io io = channel_->discard();
        if (io == Io::failed) return Next::close;
        return io == Io::done ? Next::again : Next::write;  // it may have ended, and still read
    }
    enter(Phase::draining, kDrain);
    return discard();
}

Session::Next Session::discard() {
    switch (channel_->discard()) {
        case Io::ended:
        case Io::failed:
            return Next::close;
        case Io::done:
            return Next::again;
        case Io::want_read:
        case Io::want_write:
            break;
    }
    return Next::read;
}

/// The answer under way cannot be finished. What only the end of the connection would end is ended
/// by a reset; any other answer tells by itself that it is not whole.
Session::Next Session::cut() {
    if (!answering_) return Next::close;
    if (const auto& out = answering_->out; out && out->until_close()) {
        channel_->reset_on_close();
    } else {
        channel_->finish();
    }
    end_answer(false);
    return Next::close;
}

}  // namespace sni::backend
