#include "lab/backend/worker_pool.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "lab/net/error.h"
#include "lab/net/signals.h"

namespace sni::backend {

namespace {

/// How long the leader may have too much to do, or too long with one thing, before another helps.
constexpr std::chrono::milliseconds kLeftLying{1};
constexpr std::chrono::hours kUntilCalled{1};

/// Of a count of turns: the leader is at the sockets, and not with somebody.
bool waits(std::uint64_t turns) {
    return turns % 2 == 0;
}

}  // namespace

WorkerPool::WorkerPool(std::size_t threads) {
    const std::uint32_t calls = net::PollSet::kInput | net::PollSet::kEachTime;
    if (!polls_.add(jobs_waiting_.fd(), calls, nullptr)) throw net::Error(errno);
    threads_.reserve(std::max<std::size_t>(threads, 1));
    while (threads_.size() < threads_.capacity()) {
        try {
            const bool first = threads_.empty();
            threads_.push_back(net::start_thread([this, first] { first ? lead() : follow(); }));
        } catch (const std::system_error&) {
            if (threads_.empty()) throw;
            return;  // with one thread every job is done some time
        }
    }
}

WorkerPool::~WorkerPool() {
    finish();
}

void WorkerPool::finish() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    jobs_waiting_.call();
    deputy_called_.call();
    relief_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

WorkerPool::Load WorkerPool::load() const {
    const std::lock_guard lock(mutex_);
    return {threads_.size(), working_, jobs_.size()};
}

bool WorkerPool::post(Job job) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    } catch (const std::exception&) {
        return false;
    }
    jobs_waiting_.call();
    return true;
}

bool WorkerPool::watch(int fd, Watcher& watcher, std::uint32_t events) {
    const std::uint32_t each_time = events | net::PollSet::kEachTime;
    return polls_.add(fd, each_time, &watcher) ||
           (errno == EEXIST && polls_.change(fd, each_time, &watcher));
}

/// Takes one event at a time: what came behind it is for whoever has time first.
WorkerPool::Taken WorkerPool::take(std::chrono::milliseconds wait) {
    net::PollSet::Event event;
    if (polls_.wait({&event, 1}, wait).empty()) return {};
    return {true, static_cast<Watcher*>(event.data.ptr)};
}

/// False when there will be nothing to do any more.
bool WorkerPool::work(const Taken& taken) {
    if (!taken.any) return true;
    if (!taken.watcher) return run_job();
    ++working_;
    taken.watcher->ready();
    --working_;
    return true;
}

void WorkerPool::lead() {
    bool more = true;
    while (more) {
        const Taken taken = take(std::chrono::milliseconds(-1));
        ++turns_;
        if (deputy_sleeps_.exchange(false)) deputy_called_.call();
        more = work(taken);
        ++turns_;
    }
}

/// One of them at a time is the deputy; it helps when there is something to do, and the next one
/// becomes it.
void WorkerPool::follow() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            relief_.wait(lock, [this] { return !deputy_ || stopping_; });
            if (stopping_) return;
            deputy_ = true;
        }
        Taken taken = stand_by();
        {
            const std::lock_guard lock(mutex_);
            deputy_ = false;
        }
        relief_.notify_one();
        while (taken.any) {  // what it posts itself, too, be the leader gone
            if (!work(taken)) return;
            taken = take(std::chrono::milliseconds(0));
        }
    }
}

/// Sleeps while the leader waits. While it works, looks up now and then whether something is left
/// to do, and waits for it where the leader has been with one thing all the while. Nothing at the
/// end.
WorkerPool::Taken WorkerPool::stand_by() {
    std::uint64_t seen = turns_;
    while (true) {
        deputy_sleeps_ = waits(seen);
        const bool idle = waits(seen) && turns_ == seen;
        if (deputy_called_.called(idle ? std::chrono::milliseconds(kUntilCalled) : kLeftLying))
            deputy_called_.clear();
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return {};
        }
        const std::uint64_t now = turns_;
        const bool stuck = !waits(now) && now == seen;
        if (const Taken taken = take(stuck ? kLeftLying : std::chrono::milliseconds(0)); taken.any)
            return taken;
        seen = now;
    }
}

/// Only one: a job that posts another must not keep this worker from its sockets. False when there
/// will be none any more.
bool WorkerPool::run_job() {
    jobs_waiting_.clear();
    std::unique_lock lock(mutex_);
    // Several calls may have woken this one worker, and an end is for all of them.
    if (jobs_.size() > 1 || stopping_) jobs_waiting_.call();
    if (jobs_.empty()) return !stopping_;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    ++working_;
    job();
    --working_;
    return true;
}

}  // namespace sni::backend
