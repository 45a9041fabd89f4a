#include "lab/backend/worker_pool.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "lab/net/error.h"
#include "lab/net/signals.h"

namespace sni::backend {

WorkerPool::WorkerPool(std::size_t threads) {
    const std::uint32_t calls = net::PollSet::kInput | net::PollSet::kEachTime;
    if (!polls_.add(jobs_waiting_.fd(), calls, nullptr)) throw net::Error(errno);
    threads_.reserve(std::max<std::size_t>(threads, 1));
    while (threads_.size() < threads_.capacity()) {
        try {
            threads_.push_back(net::start_thread([this] { serve(); }));
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
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

WorkerPool::Load WorkerPool::load() const {
    const std::lock_guard lock(mutex_);
    return {threads_.size(), working_, jobs_.size()};
}

void WorkerPool::post(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    jobs_waiting_.call();
}

bool WorkerPool::watch(int fd, Watcher& watcher, std::uint32_t events) {
    const std::uint32_t each_time = events | net::PollSet::kEachTime;
    return polls_.add(fd, each_time, &watcher) ||
           (errno == EEXIST && polls_.change(fd, each_time, &watcher));
}

void WorkerPool::serve() {
    while (true) {
        net::PollSet::Event event;
        // One at a time: what came behind it is for whoever has time first.
        if (polls_.wait({&event, 1}, std::chrono::milliseconds(-1)).empty()) continue;
        if (event.data.ptr) {
            ++working_;
            static_cast<Watcher*>(event.data.ptr)->ready();
            --working_;
        } else if (!run_job()) {
            return;
        }
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
