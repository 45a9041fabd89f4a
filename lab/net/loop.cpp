#include "lab/net/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "lab/net/error.h"

namespace sni::net {

namespace {

constexpr std::size_t kScratch = 256u << 10;
/// Descriptors may also become free outside this loop, where nobody tells us.
constexpr std::chrono::milliseconds kRetry{100};
constexpr int kEvents = 256;

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
    : pipes_(pipes),
      held_(most_held),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_(Clock::now()),
      timers_(now_) {
    if (!epoll_ || !wakeup_) throw Error(errno);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, wakeup_.fd(), &event) != 0) throw Error(errno);
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
        std::array<epoll_event, kEvents> events;
        const int count = ::epoll_wait(epoll_.fd(), events.data(), kEvents, milliseconds_to_wait());
        now_ = Clock::now();
        WatcherQueue turns = std::move(queued_);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
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
    while (LoopTask* resident = tasks_.next()) {
        resident->cancel();
    }
    WatcherQueue turns = std::move(queued_);
    while (Watcher* watcher = turns.pop()) {
        watcher->queued_ = false;
        if (watcher->retired_) retired_.push(*watcher);
    }
    reap();
}

void Loop::stop() {
    stopping_ = true;
    wake();
}

void Loop::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(work));
    }
    wake();
}

void Loop::spawn(Task<> task) {
    const auto handle = task.release();
    carry(handle.promise());
    handle.resume();
}

void Loop::watch(int fd, std::uint32_t events, Watcher& watcher) {
    epoll_event event{.events = events, .data = {.ptr = &watcher}};
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) throw Error(errno);
}

void Loop::rewatch(int fd, std::uint32_t events, Watcher& watcher) {
    epoll_event event{.events = events, .data = {.ptr = &watcher}};
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, fd, &event) != 0) throw Error(errno);
}

void Loop::unwatch(int fd) {
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::queue(Watcher& watcher) {
    if (watcher.queued_) return;
    watcher.queued_ = true;
    queued_.push(watcher);
}

/// One that waits for its turn stays in that queue, and goes when the turn comes.
void Loop::retire(std::unique_ptr<Watcher> watcher) {
    Watcher& retired = *watcher.release();
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
    wake();
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

int Loop::milliseconds_to_wait() const {
    if (!queued_.empty()) return 0;
    const auto next = timers_.next();
    if (!next) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void Loop::wake() {
    ::eventfd_write(wakeup_.fd(), 1);
}

void Loop::run_posted() {
    eventfd_t ignored = 0;
    ::eventfd_read(wakeup_.fd(), &ignored);
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
