#include "lab/net/loop/byte_pump.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "lab/net/error.h"

namespace sni::net {

namespace {

/// A direction that always finds more gives way to the other connections after so much.
constexpr std::size_t kTurn = 1u << 20;
/// What is read for a receiver that may be full: so much, about, is what a stuck one pins. Beyond
/// it the kernel is asked first how much the receiver has room for.
constexpr std::size_t kSmall = 16u << 10;
/// From one read of so much on a direction is bulk, until a splice moves less than a small one.
constexpr std::size_t kBulk = 64u << 10;
/// The most that one splice moves. Half of it costs a tenth more, a quarter of it as much as
/// copying.
constexpr std::size_t kSplice = PipePool::kPipeBytes;
/// When a thread's relays hold so much for receivers that are stuck, small reads are all that there
/// are: a kernel that is short of memory takes less than it has room for.
constexpr std::size_t kSpare = 1u << 20;

}  // namespace

void PumpState::let_go(HeldBytes& held) {
    if (pipe_) held.out_of_pipe(pipe_->held);
}

PumpResult BytePump::pump() {
    const PumpResult pumped = state_.finished_ ? PumpResult::waiting : move();
    if (!state_.finished_) push();
    return pumped;
}

void BytePump::push() {
    if (!state_.unpushed_) return;
    state_.unpushed_ = false;
    to_.push();
}

PumpResult BytePump::move() {
    for (std::size_t moved = 0;;) {
        if (!flush()) return to_.failed() ? PumpResult::broken : PumpResult::waiting;
        if (state_.ended_) {  // and nothing is held any more
            state_.finished_ = true;
            return PumpResult::waiting;
        }
        if (moved >= kTurn) return PumpResult::more;
        if (!from_.may_receive()) return PumpResult::waiting;
        const std::size_t most = helping();
        std::size_t count = state_.bulk_ && most >= kBulk ? splice(most) : 0;
        // Finding nothing, a splice has not the last word: it stops for good at an urgent byte,
        // which a read steps over, and it has no answer where the kernel cannot do it.
        if (count == 0) count = copy(most);
        if (to_.failed()) return PumpResult::broken;
        if (count == 0 && !state_.ended_)
            return from_.failed() ? PumpResult::broken : PumpResult::waiting;
        moved += count;
    }
}

void BytePump::pass_on_end() {
    if (!state_.finished_ || state_.end_passed_on_) return;
    state_.end_passed_on_ = true;
    state_.unpushed_ = false;
    to_.finish_sending();
}

bool BytePump::send(Bytes bytes, bool more) {
    assert(!state_.held_ && !state_.pipe_ && "what is held goes first");
    const ssize_t sent = to_.send(bytes, more);
    if (sent < 0) return false;
    state_.unpushed_ = more;
    state_.bytes_ += static_cast<std::uint64_t>(sent);
    const Bytes rest = bytes.subspan(static_cast<std::size_t>(sent));
    if (!rest.empty() && to_.failed()) return false;
    if (!rest.empty()) {
        state_.held_ = HeldBlock::make(from_.loop().held(), to_, rest.size());
        std::ranges::copy(rest, state_.held_->free().begin());
        state_.held_->filled(rest.size());
        to_.listen_for_room();
    }
    return true;
}

void BytePump::give_up_pipe() {
    assert(state_.pipe_ && !state_.held_ && "one of them at most holds something");
    from_.loop().held().out_of_pipe(state_.pipe_->held);
    const PipePtr pipe = std::move(state_.pipe_);
    state_.held_ = HeldBlock::make(from_.loop().held(), to_, pipe->held);
    while (pipe->held > 0) {
        const std::span<std::byte> free = state_.held_->free();
        const ssize_t count = ::read(pipe->out.fd(), free.data(), free.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw Error(count < 0 ? errno : EIO);
        state_.held_->filled(static_cast<std::size_t>(count));
        pipe->held -= static_cast<std::size_t>(count);
    }
}

/// True when nothing is left over from before.
bool BytePump::flush() {
    if (!state_.held_ && !state_.pipe_) return true;
    assert((!state_.held_ || !state_.pipe_) && "nothing tells which of them goes first");
    if (!to_.may_send()) return false;
    const std::size_t piped = state_.pipe_ ? state_.pipe_->held : 0;
    const ssize_t sent =
        state_.pipe_ ? to_.send_from(*state_.pipe_) : to_.send(state_.held_->bytes());
    if (state_.pipe_) from_.loop().held().out_of_pipe(piped - state_.pipe_->held);
    if (sent < 0) return false;
    state_.bytes_ += static_cast<std::uint64_t>(sent);
    if (!state_.pipe_) {
        state_.held_->drop(static_cast<std::size_t>(sent));
        if (!state_.held_->empty()) return false;
        state_.held_.reset();
        return true;
    }
    if (state_.pipe_->held > 0) {
        to_.listen_for_room();
        return false;
    }
    state_.pipe_.reset();
    return true;
}

/// How much to read. Small traffic costs no question. The kernel counts what a packet's memory is,
/// not its bytes (1.4 times as much, measured), so half of the room is what surely fits.
std::size_t BytePump::helping() const {
    if (!state_.more_) return kSmall;
    const HeldBytes& held = from_.loop().held();
    const std::size_t spare = kSpare - std::min(kSpare, held.bytes() + held.piped());
    if (spare <= kSmall) return kSmall;
    return std::clamp(std::min(to_.room() / 2, spare), kSmall, kSplice);
}

/// How much was read, 0 when there is nothing now, at the end, and on an error.
std::size_t BytePump::copy(std::size_t most) {
    const std::span<std::byte> all = from_.loop().scratch();
    const std::span<std::byte> buffer = all.first(std::min(most, all.size()));
    const ssize_t count = from_.receive(buffer);
    if (count < 0) return 0;
    state_.ended_ = count == 0;
    const auto size = static_cast<std::size_t>(count);
    state_.more_ = size >= kSmall;
    // Where the receiver is nearly full, even bulk is read in small pieces.
    state_.bulk_ = size >= kBulk || (state_.bulk_ && size == buffer.size());
    // With the end already there, the last bytes and the end make one segment.
    if (state_.ended_) return size;
    const Bytes bytes = Bytes(buffer).first(size);
    if (observer_) (observer_->*see_)(bytes);
    send(bytes, from_.ending());
    return size;
}

/// How much is in the pipe now; 0 also when there is no pipe, or the kernel will not.
std::size_t BytePump::splice(std::size_t most) {
    PipePool* pool = observer_ ? nullptr : from_.loop().pipes();
    PipePtr pipe = pool ? pool->take() : nullptr;
    if (!pipe) return 0;
    assert(pipe->held == 0 && "the pool keeps no pipe with somebody's bytes");
    const ssize_t count = from_.receive_into(*pipe, most);
    if (count <= 0) return 0;
    assert(!state_.held_ && !state_.pipe_ && "nothing is read before what is held has gone");
    state_.pipe_ = std::move(pipe);
    from_.loop().held().into_pipe(state_.pipe_->held);
    state_.bulk_ = state_.more_ = state_.pipe_->held >= kSmall;
    return state_.pipe_->held;
}

}  // namespace sni::net
