// One thread, one loop: waits on epoll and resumes what became ready. Passed as an argument, never
// global.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lab/net/descriptor.h"
#include "lab/net/pipe_pool.h"
#include "lab/net/task.h"
#include "lab/net/timer.h"

namespace sni::net {

/// Something with a descriptor on the loop's epoll. Inside lab/net only.
class Watcher {
  public:
    virtual ~Watcher() = default;
    /// `events` as epoll tells them; 0 when the watcher asked for another turn.
    virtual void on_events(std::uint32_t events) = 0;

  private:
    friend class Loop;
    bool buried_ = false;
    bool queued_ = false;
};

/// Something that has to wait for descriptors, or places, to become free. Inside lab/net only.
class Starved {
  public:
    virtual void retry() = 0;

  protected:
    ~Starved() = default;
};

class Loop {
  public:
    /// Without `pipes`, which must outlive it, its relays copy everything.
    explicit Loop(PipePool* pipes = nullptr);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Until stop(). When it returns, everything the loop carried is gone. Blocks SIGPIPE for this
    /// thread: splice(2) has no flag against it.
    void run();
    /// Ends everything the loop carries, where it stands. Not while it runs.
    void clear();
    /// From any thread.
    void stop();
    /// Runs `work` on the loop's thread, in the order of posting. From any thread.
    void post(std::function<void()> work);

    /// Starts `task` at once and carries it until it ends.
    void spawn(Task<> task);
    /// `co_await loop.sleep(…)`.
    auto sleep(std::chrono::milliseconds time);

    /// As of this round; no system call.
    Clock::time_point now() const { return now_; }

    // What follows is for lab/net.

    void watch(int fd, std::uint32_t events, Watcher& watcher);
    void rewatch(int fd, std::uint32_t events, Watcher& watcher);
    void unwatch(int fd);
    /// Another turn in the next round, after everybody else had theirs.
    void queue(Watcher& watcher);
    /// Frees the watcher at the end of this round, since epoll may already have told of it.
    void bury(std::unique_ptr<Watcher> watcher);
    void carry(Resident& resident) { resident.enter(residents_); }
    TimerWheel& timers() { return timers_; }
    /// A buffer that everybody on this thread shares: nothing stays in it across a wait.
    std::span<std::byte> scratch();
    /// For splice(2); null when there are none.
    PipePool* pipes() const { return pipes_; }
    /// Calls retry() once a descriptor was closed here, or after a little while.
    void starve(Starved& starved);
    void no_longer_starved(Starved& starved);
    /// From any thread: places became free, so whoever starves should try again.
    void feed_starved();

  private:
    struct RetryTimer final : Timer {
        void on_deadline() override { *due = true; }
        bool* due = nullptr;
    };

    int milliseconds_to_wait() const;
    void run_posted();
    void wake();
    void feed();
    void bury_the_dead();

    PipePool* pipes_;
    Descriptor epoll_;
    Descriptor wakeup_;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;  // guarded by mutex_

    Clock::time_point now_;
    TimerWheel timers_;
    ListHead<Resident> residents_;
    std::vector<Watcher*> queued_;
    std::vector<std::unique_ptr<Watcher>> graveyard_;
    std::vector<Starved*> starved_;
    bool freed_ = false;  // something was closed, or time passed, since starved_ tried last
    RetryTimer retry_;
    std::unique_ptr<std::byte[]> scratch_;
};

inline auto Loop::sleep(std::chrono::milliseconds time) {
    struct Sleep final : Timer {
        Sleep(Loop& l, std::chrono::milliseconds t) : loop(l), length(t) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiting) {
            sleeper = awaiting;
            loop.timers().set(*this, loop.now() + length);
        }
        void await_resume() const noexcept {}
        void on_deadline() override { sleeper.resume(); }

        Loop& loop;
        std::chrono::milliseconds length;
        std::coroutine_handle<> sleeper;
    };
    return Sleep(*this, time);
}

}  // namespace sni::net
