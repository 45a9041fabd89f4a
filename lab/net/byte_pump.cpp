#include "lab/net/byte_pump.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "lab/net/error.h"

namespace sni::net {

namespace {

/// A direction that always finds more gives way to the other connections after so much.
constexpr std::size_t kTurn = 1u << 20;
/// From one read of so much on a direction is bulk, until a splice moves less than the other.
constexpr std::size_t kBulk = 64u << 10;
constexpr std::size_t kNoBulk = 16u << 10;
/// What a stuck receiver can pin. Half of it costs a tenth more, a quarter of it as much as
/// copying.
constexpr std::size_t kSplice = PipePool::kPipeBytes;

}  // namespace

void Backlog::keep(Bytes bytes) {
    block_ = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
    std::ranges::copy(bytes, block_.get());
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(bytes.size());
}

void Backlog::keep(Pipe& pipe) {
    block_ = std::make_unique_for_overwrite<std::byte[]>(pipe.held);
    begin_ = end_ = 0;
    while (pipe.held > 0) {
        const ssize_t count = ::read(pipe.out.fd(), block_.get() + end_, pipe.held);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw Error(count < 0 ? errno : EIO);
        end_ += static_cast<std::uint32_t>(count);
        pipe.held -= static_cast<std::size_t>(count);
    }
}

void Backlog::drop(std::size_t count) {
    begin_ += static_cast<std::uint32_t>(count);
    if (empty()) block_.reset();
}

Pumped BytePump::pump() {
    const Pumped pumped = finished_ ? Pumped::waiting : move();
    if (!finished_) push();
    return pumped;
}

void BytePump::push() {
    if (std::exchange(unpushed_, false)) to_.push();
}

Pumped BytePump::move() {
    for (std::size_t moved = 0;;) {
        if (!flush()) return to_.failed() ? Pumped::broken : Pumped::waiting;
        if (ended_) {
            finished_ = true;
            return Pumped::waiting;
        }
        if (moved >= kTurn) return Pumped::more;
        if (!from_.may_receive()) return Pumped::waiting;
        std::size_t count = bulk_ ? splice() : 0;
        // Finding nothing, a splice has not the last word: it stops for good at an urgent byte,
        // which a read steps over, and it has no answer where the kernel cannot do it.
        if (count == 0) count = copy();
        if (to_.failed()) return Pumped::broken;
        if (count == 0 && !ended_) return from_.failed() ? Pumped::broken : Pumped::waiting;
        moved += count;
    }
}

void BytePump::pass_on_end() {
    if (!finished_ || std::exchange(end_passed_on_, true)) return;
    unpushed_ = false;
    to_.finish_sending();
}

bool BytePump::send(Bytes bytes, bool more) {
    const ssize_t sent = to_.send(bytes, more);
    if (sent < 0) return false;
    unpushed_ = more;
    bytes_ += static_cast<std::uint64_t>(sent);
    const Bytes rest = bytes.subspan(static_cast<std::size_t>(sent));
    if (!rest.empty()) {
        backlog_.keep(rest);
        to_.listen_for_room();
    }
    return true;
}

void BytePump::give_up_pipe() {
    backlog_.keep(*pipe_);
    pipe_.reset();
}

/// True when nothing is left over from before.
bool BytePump::flush() {
    if (backlog_.empty() && !pipe_) return true;
    if (!to_.may_send()) return false;
    const ssize_t sent = pipe_ ? to_.send_from(*pipe_) : to_.send(backlog_.bytes());
    if (sent < 0) return false;
    bytes_ += static_cast<std::uint64_t>(sent);
    if (!pipe_) {
        backlog_.drop(static_cast<std::size_t>(sent));
        return backlog_.empty();
    }
    if (pipe_->held > 0) {
        to_.listen_for_room();
        return false;
    }
    pipe_.reset();
    return true;
}

/// How much was read, 0 when there is nothing now, at the end, and on an error.
std::size_t BytePump::copy() {
    const std::span<std::byte> buffer = from_.loop().scratch();
    const ssize_t count = from_.receive(buffer);
    if (count < 0) return 0;
    ended_ = count == 0;
    const auto size = static_cast<std::size_t>(count);
    bulk_ = size >= kBulk;
    // With the end already there, the last bytes and the end make one segment.
    if (!ended_) send(Bytes(buffer).first(size), from_.ending());
    return size;
}

/// How much is in the pipe now; 0 also when there is no pipe, or the kernel will not.
std::size_t BytePump::splice() {
    PipePool* pool = from_.loop().pipes();
    PipePtr pipe = pool ? pool->take() : nullptr;
    if (!pipe) return 0;
    const ssize_t count = from_.receive_into(*pipe, kSplice);
    if (count <= 0) return 0;
    pipe_ = std::move(pipe);
    bulk_ = pipe_->held >= kNoBulk;
    return pipe_->held;
}

}  // namespace sni::net
