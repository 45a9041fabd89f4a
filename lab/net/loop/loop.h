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
#include <utility>
#include <vector>

#include "lab/net/linked.h"
#include "lab/net/loop/held_bytes.h"
#include "lab/net/loop/liveness.h"
#include "lab/net/loop/pipe_pool.h"
#include "lab/net/loop/task.h"
#include "lab/net/poll_set.h"
#include "lab/net/timer.h"
#include "lab/net/wakeup.h"

namespace sni::net {

/// Something with a descriptor on the loop's epoll, and maybe with a deadline. Inside lab/net only.
class Watcher : public Timer {
  public:
    virtual ~Watcher() = default;
    /// `events` as epoll tells them; 0 when the watcher asked for another turn.
    virtual void on_events(std::uint32_t events) = 0;

  private:
    friend class Loop;
    friend class WatcherQueue;
    Watcher* next_ = nullptr;
    bool retired_ = false;
    bool queued_ = false;
};

/// First in, first out, by a link in the watchers themselves: to queue one, and to let one go, must
/// not fail for want of memory. A watcher is in one queue at most.
class WatcherQueue {
  public:
    WatcherQueue() = default;
    WatcherQueue(WatcherQueue&& other) noexcept
        : first_(std::exchange(other.first_, nullptr)),
          last_(std::exchange(other.last_, nullptr)) {}
    WatcherQueue& operator=(WatcherQueue&&) = delete;

    bool empty() const { return !first_; }
    void push(Watcher& watcher) {
        (last_ ? last_->next_ : first_) = &watcher;
        last_ = &watcher;
    }
    /// Null when it is empty.
    Watcher* pop() {
        Watcher* first = first_;
        if (!first) return nullptr;
        first_ = std::exchange(first->next_, nullptr);
        if (!first_) last_ = nullptr;
        return first;
    }

  private:
    Watcher* first_ = nullptr;
    Watcher* last_ = nullptr;
};

/// Something that has to wait for descriptors, or a slot of the quota, to become free. Inside
/// lab/net only.
class Deferred : public Linked<Deferred> {
  public:
    virtual void retry() = 0;

  protected:
    ~Deferred() = default;
};

/// No callback's misfortune (no memory, in practice) is the loop's: what a callback throws ends
/// what the callback was about, where it can be ended, and the loop goes on.
class Loop {
  public:
    /// Without `pipes`, which must outlive it, its relays copy everything. `most_held` is what they
    /// may hold together for receivers that do not take it (lab/net/loop/held_bytes.h).
    explicit Loop(PipePool* pipes = nullptr, std::size_t most_held = HeldBytes::kUnlimited);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Until stop(). When it returns, everything the loop carried is gone. Blocks SIGPIPE for this
    /// thread: splice(2) has no flag against it.
    void run();
    /// Ends everything the loop carries, where it stands; connections with a reset, but for those
    /// that had been sent an end. Not while it runs.
    void clear();
    /// From any thread.
    void stop();
    /// Runs `work` on the loop's thread, in the order of posting. From any thread. Throws when
    /// there is no memory to remember it.
    void post(std::function<void()> work);

    /// Starts `task` at once and carries it until it ends.
    void spawn(Task<> task);
    /// How the connections that are dialled here find out that their peer is gone.
    void set_liveness(const Liveness& liveness) { liveness_ = liveness; }
    const Liveness& liveness() const { return liveness_; }
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
    void retire(std::unique_ptr<Watcher> watcher);
    void carry(LoopTask& resident) { resident.enter(tasks_); }
    /// What is closed now is cut.
    bool clearing() const { return clearing_; }
    TimerWheel& timers() { return timers_; }
    /// A buffer that everybody on this thread shares: nothing stays in it across a wait.
    std::span<std::byte> scratch();
    /// For splice(2); null when there are none.
    PipePool* pipes() const { return pipes_; }
    HeldBytes& held() { return held_; }
    const HeldBytes& held() const { return held_; }
    /// Calls retry() once a descriptor was closed here, or after a little while.
    void defer(Deferred& deferred);
    void no_longer_deferred(Deferred& deferred) { deferred.leave(); }
    /// From any thread: slots became free, so whoever is deferred should try again.
    void resume_deferred() noexcept;

  private:
    struct RetryTimer final : Timer {
        void on_deadline() override { *due = true; }
        bool* due = nullptr;
    };

    std::chrono::milliseconds time_to_wait() const;
    void run_posted();
    void resume_pending();
    void reap();

    PipePool* pipes_;
    HeldBytes held_;  // before what holds them
    Liveness liveness_;
    PollSet polls_;
    Wakeup wakeup_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> resuming_ = false;  // resume_deferred() was called
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;  // guarded by mutex_

    Clock::time_point now_;
    TimerWheel timers_;
    ListHead<LoopTask> tasks_;
    WatcherQueue queued_;
    WatcherQueue retired_;
    ListHead<Deferred> deferred_;
    bool clearing_ = false;
    bool freed_ = false;  // something was closed, or time passed, since deferred_ tried last
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
