#include "lab/net/loop/pipe_pool.h"

#include <cassert>

#include <fcntl.h>
#include <unistd.h>

namespace sni::net {

namespace {

/// Asking in vain costs as much as making a pipe.
constexpr std::size_t kAsksSpared = 1'000;

/// Null when there are no descriptors, or only small pipes, which cost more than they save.
std::unique_ptr<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
    auto pipe = std::make_unique<Pipe>(Descriptor(ends[0]), Descriptor(ends[1]));
    const int size = ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(PipePool::kPipeBytes));
    return size < static_cast<int>(PipePool::kPipeBytes) ? nullptr : std::move(pipe);
}

}  // namespace

PipePtr PipePool::take() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
        PipePtr pipe(free_.back().release());
        free_.pop_back();
        return pipe;
    }
    if (made_ >= most_) return nullptr;
    if (not_now_ > 0) {
        --not_now_;
        return nullptr;
    }
    std::unique_ptr<Pipe> pipe = make_pipe();
    if (!pipe) {
        not_now_ = kAsksSpared;
        return nullptr;
    }
    pipe->pool = this;
    ++made_;
    return PipePtr(pipe.release());
}

std::size_t PipePool::taken() const {
    const std::lock_guard lock(mutex_);
    return made_ - free_.size();
}

std::size_t PipePool::made() const {
    const std::lock_guard lock(mutex_);
    return made_;
}

/// One that still holds bytes is closed with them: nobody else may find them.
void PipePool::give_back(std::unique_ptr<Pipe> pipe) {
    const bool clean = pipe->held == 0;
    const std::lock_guard lock(mutex_);
    assert(free_.size() < made_ && "it is one that was taken");
    if (clean) {
        free_.push_back(std::move(pipe));
    } else {
        --made_;
    }
}

void GiveBack::operator()(Pipe* pipe) const {
    PipePool& pool = *pipe->pool;
    pool.give_back(std::unique_ptr<Pipe>(pipe));
}

}  // namespace sni::net
