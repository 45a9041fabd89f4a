// The threads that handlers run on. As many run at once as the machine has cores; one that sleeps
// or waits for a slow client says so, and another takes its place.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sni::backend {

class WorkerPool {
  public:
    using Job = std::function<void()>;

    /// At most `running` jobs use a core at once, on at most `threads` threads; threads are made
    /// when they are needed and kept.
    WorkerPool(std::size_t running, std::size_t threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// `job` must not throw.
    void post(Job job);

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
    void work();
    void call_worker();

    const std::size_t most_running_;
    const std::size_t most_threads_;
    mutable std::mutex mutex_;
    std::condition_variable called_;
    std::deque<Job> jobs_;
    std::vector<std::thread> threads_;
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;  ///< threads without a job
    bool stopping_ = false;
};

}  // namespace sni::backend
