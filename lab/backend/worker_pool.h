// The threads that handlers run on. A worker without work waits for sockets itself, so that what
// becomes readable needs no second thread to be told of it. As many as the machine has cores are
// enough, since no job ever waits: answers that take their time are parked like everything else.
//
// One of them leads. The others help when it leaves something lying for a millisecond, be it that
// there is too much of it or that it is long with one thing: a thread woken for what another would
// have taken a moment later costs more than it brings.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "lab/net/poll_set.h"
#include "lab/net/wakeup.h"

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

    explicit WorkerPool(std::size_t threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// `job` must not throw, and must not wait for anything. False, and it will not run, where
    /// there is no memory for that.
    bool post(Job job) noexcept;

    /// Calls `watcher` each time that `events` (PollSet::kInput, kRoom) become true of `fd`, and
    /// now if they are: it has to go on until they are no more, or it is not called again. Ends
    /// when `fd` is closed; a call that was on its way then may still come, so `watcher` must
    /// outlive the pool. Watching again changes the events. False when the machine has no memory
    /// for it.
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

  private:
    /// An event: somebody's socket is ready, or (nobody's) a job waits.
    struct Taken {
        bool any = false;
        Watcher* watcher = nullptr;
    };

    Taken take(std::chrono::milliseconds wait);
    bool work(const Taken& taken);
    void lead();
    void follow();
    Taken stand_by();
    bool run_job();

    net::PollSet polls_;
    net::Wakeup jobs_waiting_;  ///< wakes one worker, or the next one that has time
    mutable std::mutex mutex_;
    std::deque<Job> jobs_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> working_ = 0;
    std::atomic<std::uint64_t> turns_ = 0;     ///< of the leader: even while it waits, odd at work
    std::atomic<bool> deputy_sleeps_ = false;  ///< the leader calls it when it has something to do
    net::Wakeup deputy_called_;
    std::condition_variable relief_;
    bool deputy_ = false;  ///< there is one
    bool stopping_ = false;
};

}  // namespace sni::backend
