#include "lab/net/loop/loop.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>

#include <pthread.h>

#include "lab/net/error.h"

namespace sni::net {

namespace {

constexpr std::size_t kScratch = 256u << 10;
/// Descriptors may also become free outside this loop, where nobody tells us.
constexpr std::chrono::milliseconds kRetry{100};
constexpr std::size_t kEvents = 256;

/// Whoever can end what `callback` was about has done so before it threw.
template <class Callback>
void guarded(Callback&& callback) noexcept {
    try {
        callback();
    } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to tell
    }
}

}  // namespace

Loop::Loop(PipePool* pipes, std::size_t most_held)
    : pipes_(pipes), held_(most_held), now_(Clock::now()), timers_(now_) {
    if (!polls_.add(wakeup_.fd(), PollSet::kInput, nullptr)) throw Error(errno);
    retry_.due = &freed_;
}

Loop::~Loop() {
    clear();
}

void Loop::run() {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    now_ = Clock::now();
    while (!stopping_.load(std::memory_order_relaxed)) {
        std::array<PollSet::Event, kEvents> events;
        const std::span<const PollSet::Event> ready = polls_.wait(events, time_to_wait());
        now_ = Clock::now();
        WatcherQueue turns = std::move(queued_);
        for (const PollSet::Event& event : ready) {
            auto* watcher = static_cast<Watcher*>(event.data.ptr);
            if (!watcher) {
                guarded([this] { run_posted(); });
            } else if (!watcher->retired_) {
                guarded([&] { watcher->on_events(event.events); });
            }
        }
        while (Watcher* watcher = turns.pop()) {
            watcher->queued_ = false;
            if (watcher->retired_) {
                retired_.push(*watcher);
            } else {
                guarded([&] { watcher->on_events(0); });
            }
        }
        timers_.advance(now_);
        resume_pending();
        reap();
    }
    clear();
}

void Loop::clear() {
    clearing_ = true;
    while (LoopTask* resident = tasks_.next()) {
        resident->cancel();
    }
    WatcherQueue turns = std::move(queued_);
    while (Watcher* watcher = turns.pop()) {
        watcher->queued_ = false;
        if (watcher->retired_) retired_.push(*watcher);
    }
    reap();
    clearing_ = false;
}

void Loop::stop() {
    stopping_ = true;
    wakeup_.call();
}

void Loop::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(work));
    }
    wakeup_.call();
}

void Loop::spawn(Task<> task) {
    const auto handle = task.release();
    carry(handle.promise());
    handle.resume();
}

void Loop::watch(int fd, std::uint32_t events, Watcher& watcher) {
    if (!polls_.add(fd, events, &watcher)) throw Error(errno);
}

void Loop::rewatch(int fd, std::uint32_t events, Watcher& watcher) {
    if (!polls_.change(fd, events, &watcher)) throw Error(errno);
}

void Loop::unwatch(int fd) {
    polls_.remove(fd);
}

void Loop::queue(Watcher& watcher) {
    if (watcher.queued_) return;
    watcher.queued_ = true;
    queued_.push(watcher);
}

/// One that waits for its turn stays in that queue, and goes when the turn comes.
void Loop::retire(std::unique_ptr<Watcher> watcher) {
    Watcher& retired = *watcher.release();
    assert(!retired.retired_ && "its owner gives it up once");
    retired.retired_ = true;
    freed_ = true;
    if (!retired.queued_) retired_.push(retired);
}

void Loop::reap() {
    while (Watcher* retired = retired_.pop()) {
        delete retired;
    }
}

std::span<std::byte> Loop::scratch() {
    if (!scratch_) scratch_ = std::make_unique_for_overwrite<std::byte[]>(kScratch);
    return {scratch_.get(), kScratch};
}

void Loop::defer(Deferred& deferred) {
    no_longer_deferred(deferred);
    deferred.enter(deferred_);
    freed_ = false;
    timers_.set(retry_, now_ + kRetry);
}

void Loop::resume_deferred() noexcept {
    resuming_ = true;
    wakeup_.call();
}

void Loop::resume_pending() {
    if (!freed_) return;
    freed_ = false;
    if (!deferred_.next()) return;
    timers_.clear(retry_);
    ListHead<Deferred> pending;  // whoever defers itself again is asked another time
    while (Deferred* each = deferred_.next()) {
        each->leave();
        each->enter(pending);
    }
    while (Deferred* each = pending.next()) {
        each->leave();
        guarded([&] { each->retry(); });
    }
}

std::chrono::milliseconds Loop::time_to_wait() const {
    using std::chrono::milliseconds;
    if (!queued_.empty()) return milliseconds(0);
    const auto next = timers_.next();
    if (!next) return milliseconds(-1);
    const auto left = std::chrono::ceil<milliseconds>(*next - Clock::now());
    return std::clamp(left, milliseconds(0), milliseconds(60'000));
}

void Loop::run_posted() {
    wakeup_.clear();
    if (resuming_.exchange(false)) freed_ = true;
    std::vector<std::function<void()>> work;
    {
        const std::lock_guard lock(mutex_);
        work.swap(posted_);
    }
    for (const auto& each : work) {
        guarded(each);
    }
}

}  // namespace sni::net
