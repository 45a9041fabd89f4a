// A session after its last request, when both sides speak as they like: a WebSocket.
#include <array>

#include "lab/backend/session.h"

namespace sni::backend {

/// What is left of unsent_; `done`: nothing.
Io Session::send_unsent() {
    while (unsent_at_ < unsent_.size()) {
        std::size_t taken = 0;
        const Io io = channel_->write(std::string_view(unsent_).substr(unsent_at_), taken);
        if (io != Io::done) return io;
        unsent_at_ += taken;
        stalled_ = false;
    }
    if (unsent_at_ > 0) std::string().swap(unsent_);
    unsent_at_ = 0;
    return Io::done;
}

/// Both sides may speak when they like, so every byte gives it another idle time. Nothing more is
/// read before the client has taken what was said.
Session::Next Session::converse() {
    std::array<char, 16u << 10> chunk;
    for (int turn = 0; turn < kTurn; ++turn) {
        Io io = send_unsent();
        if (is_over(io)) return Next::close;
        if (io != Io::done) return wait_to_send(io);
        if (last_word_) return drain();
        std::size_t got = 0;
        io = channel_->read(chunk, got);
        if (is_over(io)) {
            channel_->finish();
            return Next::close;
        }
        if (io != Io::done) {
            deadline_ = Clock::now() + service_.limits.idle;
            return io == Io::want_read ? Next::read : Next::write;
        }
        hear({chunk.data(), got});
        if (too_much_held()) {
            ++service_.activity.over_held;
            forget_conversation();
            return drain();
        }
    }
    return Next::again;
}

/// Others need the room now, and not when the client has gone. Of what was to be said last nothing
/// was sent, so the farewell stands where a frame may begin.
void Session::forget_conversation() {
    conversation_ = nullptr;
    conversation_held_ = 0;
    std::string().swap(unsent_);
}

void Session::hear(std::string_view bytes) {
    http::Reply reply = conversation_(bytes);
    unsent_ = std::move(reply.bytes);
    last_word_ = reply.last;
    conversation_held_ = reply.held;
}

}  // namespace sni::backend
