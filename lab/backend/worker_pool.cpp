#include "lab/backend/worker_pool.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::backend {

namespace {

net::Descriptor opened(int fd, const char* what) {
    if (fd >= 0) return net::Descriptor(fd);
    throw Failure(Exit::machine, code::kUnexpected, std::string("cannot make ") + what,
                  std::generic_category().message(errno));
}

}  // namespace

WorkerPool::WorkerPool(std::size_t running, std::size_t threads)
    : most_running_(std::max<std::size_t>(std::min(running, threads), 1)),
      most_threads_(std::max<std::size_t>(threads, 1)),
      epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "an epoll descriptor")),
      call_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "an event descriptor")) {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, call_.fd(), &event);
    const std::lock_guard lock(mutex_);
    running_ = 1;
    threads_.emplace_back([this] { live(); });  // with one thread every job is done some time
    hire();
}

WorkerPool::~WorkerPool() {
    finish();
}

void WorkerPool::finish() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    hired_someone_.notify_all();
    call();
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
    call();
}

bool WorkerPool::watch(int fd, Watcher& watcher, std::uint32_t events) {
    epoll_event event{.events = events | EPOLLET, .data = {.ptr = &watcher}};
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0) return true;
    return errno == EEXIST && ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, fd, &event) == 0;
}

/// Wakes one worker, or the next one that has time.
void WorkerPool::call() {
    ::eventfd_write(call_.fd(), 1);
}

/// With the mutex held: fills the places of those that block.
void WorkerPool::hire() {
    while (running_ < most_running_ && !stopping_) {
        if (idle_ > 0) {
            --idle_;
            ++hired_;
            hired_someone_.notify_one();
        } else if (threads_.size() < most_threads_) {
            try {
                threads_.emplace_back([this] { live(); });
            } catch (const std::system_error&) {
                return;  // the machine has no more threads; those there are will come to it
            }
        } else {
            return;
        }
        ++running_;
    }
}

/// A thread is made with a place, loses it when there are too many, and may get one again.
void WorkerPool::live() {
    while (true) {
        serve();
        std::unique_lock lock(mutex_);
        const bool over = stopping_ && jobs_.empty();
        if (!surplus() && !over) continue;  // another one has left already
        --running_;
        if (stopping_) return;
        ++idle_;
        hired_someone_.wait(lock, [this] { return hired_ > 0 || stopping_; });
        if (hired_ == 0) return;
        --hired_;
    }
}

void WorkerPool::serve() {
    while (!surplus()) {
        epoll_event event;
        // One at a time: what came behind it is for whoever has time first.
        if (::epoll_wait(epoll_.fd(), &event, 1, -1) != 1) continue;
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
    eventfd_t calls = 0;
    ::eventfd_read(call_.fd(), &calls);
    std::unique_lock lock(mutex_);
    // Several calls may have woken this one worker, and an end is for all of them.
    if (jobs_.size() > 1 || stopping_) call();
    if (jobs_.empty()) return !stopping_;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    ++working_;
    job();
    --working_;
    return true;
}

WorkerPool::Blocking::Blocking(WorkerPool& pool) : pool_(pool) {
    --pool.working_;
    const std::lock_guard lock(pool.mutex_);
    --pool.running_;
    pool.hire();
}

WorkerPool::Blocking::~Blocking() {
    ++pool_.working_;
    const std::lock_guard lock(pool_.mutex_);
    ++pool_.running_;
}

}  // namespace sni::backend
