#include "lab/backend/worker_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace sni::backend {

WorkerPool::WorkerPool(std::size_t running, std::size_t threads)
    : most_running_(std::max<std::size_t>(running, 1)),
      most_threads_(std::max<std::size_t>(threads, 1)) {
    threads_.emplace_back([this] { work(); });  // with one thread every job is done some time
}

WorkerPool::~WorkerPool() {
    finish();
}

void WorkerPool::finish() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    called_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

WorkerPool::Load WorkerPool::load() const {
    const std::lock_guard lock(mutex_);
    return {threads_.size(), running_, jobs_.size()};
}

void WorkerPool::post(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    call_worker();
}

/// With the mutex held: somebody may now take a job.
void WorkerPool::call_worker() {
    if (jobs_.empty() || running_ >= most_running_) return;
    if (waiting_ > 0) {
        called_.notify_one();
    } else if (threads_.size() < most_threads_ && !stopping_) {
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            return;  // the machine has no more threads; those there are will come to it
        }
    }
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++waiting_;
        called_.wait(lock, [this] {
            return (!jobs_.empty() && running_ < most_running_) || (stopping_ && jobs_.empty());
        });
        --waiting_;
        if (jobs_.empty()) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        ++running_;
        call_worker();  // one call may have woken nobody, when it came before this thread waited
        lock.unlock();
        job();
        lock.lock();
        --running_;
        if (stopping_) called_.notify_all();
    }
}

WorkerPool::Blocking::Blocking(WorkerPool& pool) : pool_(pool) {
    const std::lock_guard lock(pool_.mutex_);
    --pool_.running_;
    pool_.call_worker();
}

WorkerPool::Blocking::~Blocking() {
    const std::lock_guard lock(pool_.mutex_);
    ++pool_.running_;
}

}  // namespace sni::backend
