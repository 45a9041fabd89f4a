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
            } else if (!watcher->buried_) {
                guarded([&] { watcher->on_events(event.events); });
            }
        }
        while (Watcher* watcher = turns.pop()) {
            watcher->queued_ = false;
            if (watcher->buried_) {
                dead_.push(*watcher);
            } else {
                guarded([&] { watcher->on_events(0); });
            }
        }
        timers_.advance(now_);
        feed();
        bury_the_dead();
    }
    clear();
}

void Loop::clear() {
    while (Resident* resident = residents_.next()) {
        resident->evict();
    }
    WatcherQueue turns = std::move(queued_);
    while (Watcher* watcher = turns.pop()) {
        watcher->queued_ = false;
        if (watcher->buried_) dead_.push(*watcher);
    }
    bury_the_dead();
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
void Loop::bury(std::unique_ptr<Watcher> watcher) {
    Watcher& dead = *watcher.release();
    dead.buried_ = true;
    freed_ = true;
    if (!dead.queued_) dead_.push(dead);
}

void Loop::bury_the_dead() {
    while (Watcher* dead = dead_.pop()) {
        delete dead;
    }
}

std::span<std::byte> Loop::scratch() {
    if (!scratch_) scratch_ = std::make_unique_for_overwrite<std::byte[]>(kScratch);
    return {scratch_.get(), kScratch};
}

void Loop::starve(Starved& starved) {
    no_longer_starved(starved);
    starved.enter(starved_);
    freed_ = false;
    timers_.set(retry_, now_ + kRetry);
}

void Loop::feed_starved() noexcept {
    fed_ = true;
    wake();
}

void Loop::feed() {
    if (!freed_) return;
    freed_ = false;
    if (!starved_.next()) return;
    timers_.clear(retry_);
    ListHead<Starved> hungry;  // whoever starves again is asked another time
    while (Starved* each = starved_.next()) {
        each->leave();
        each->enter(hungry);
    }
    while (Starved* each = hungry.next()) {
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
    if (fed_.exchange(false)) freed_ = true;
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
