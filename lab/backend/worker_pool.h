// The threads that handlers run on. A worker without work waits for sockets itself, so that what
// becomes readable needs no second thread to be told of it. As many run at once as the machine has
// cores; one that sleeps or waits for a slow client says so, and another takes its place.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "lab/net/descriptor.h"

namespace sni::backend {

class WorkerPool {
  public:
    using Job = std::function<void()>;

    /// Somebody who wants to know when a socket is ready.
    class Watcher {
      public:
        /// On a worker, and while it runs perhaps on another one too. Must not throw.
        virtual void ready() = 0;

      protected:
        Watcher() = default;
        ~Watcher() = default;
        Watcher(const Watcher&) = default;
        Watcher& operator=(const Watcher&) = default;
    };

    /// At most `running` jobs use a core at once, on at most `threads` threads; more than `running`
    /// are made when they are needed, and kept.
    WorkerPool(std::size_t running, std::size_t threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// `job` must not throw.
    void post(Job job);

    /// Calls `watcher` each time that `events` (EPOLLIN, …) become true of `fd`, and now if they
    /// are: it has to go on until they are no more, or it is not called again. Ends when `fd` is
    /// closed; a call that was on its way then may still come, so `watcher` must outlive the pool.
    /// Watching again changes the events. False when the machine has no memory for it.
    bool watch(int fd, Watcher& watcher, std::uint32_t events);

    struct Load {
        std::size_t threads = 0;
        std::size_t running = 0;
        std::size_t queued = 0;
    };
    Load load() const;

    /// Runs what was posted, then ends the threads; nothing but a job may post any more.
    /// Idempotent.
    void finish();

    /// While one lives, the job that made it does not count as running.
    class Blocking {
      public:
        explicit Blocking(WorkerPool& pool);
        ~Blocking();
        Blocking(const Blocking&) = delete;
        Blocking& operator=(const Blocking&) = delete;

      private:
        WorkerPool& pool_;
    };

  private:
    void live();
    void serve();
    bool run_job();
    bool surplus() const { return running_ > most_running_; }
    void hire();
    void call();

    const std::size_t most_running_;
    const std::size_t most_threads_;
    net::Descriptor epoll_;
    net::Descriptor call_;  ///< an eventfd that says: look at the jobs
    mutable std::mutex mutex_;
    std::condition_variable hired_someone_;
    std::deque<Job> jobs_;
    std::vector<std::thread> threads_;
    /// Threads that serve and do not block: they may have work, or wait for it. Changed with the
    /// mutex held.
    std::atomic<std::size_t> running_ = 0;
    std::size_t idle_ = 0;   ///< threads without a place
    std::size_t hired_ = 0;  ///< of those that were idle, the ones that have yet to notice
    std::atomic<std::size_t> working_ = 0;
    bool stopping_ = false;
};

}  // namespace sni::backend
