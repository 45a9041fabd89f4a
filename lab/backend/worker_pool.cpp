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

WorkerPool::WorkerPool(std::size_t threads)
    : epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "an epoll descriptor")),
      call_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "an event descriptor")) {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, call_.fd(), &event);
    threads_.reserve(std::max<std::size_t>(threads, 1));
    while (threads_.size() < threads_.capacity()) {
        try {
            threads_.emplace_back([this] { serve(); });
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

void WorkerPool::serve() {
    while (true) {
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

}  // namespace sni::backend
