// Holds every session of a listener: handshakes, requests that are still arriving, and connections
// between requests. Those wait without a thread; a worker that finds one ready takes it and brings
// it back. A thread of its own only looks at the clock. For .cpp files only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "lab/backend/session.h"
#include "lab/net/descriptor.h"

namespace sni::backend {

class Poller {
  public:
    /// Starts to accept. `listener` listens and does not block. Must outlive the workers.
    Poller(net::Descriptor listener, Service& service);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Closes the listener and every session that is not at a request; the others end with their
    /// answer. Idempotent.
    void stop();
    /// After stop(): true when no session is left, at the latest after `grace`.
    bool wait_until_empty(std::chrono::milliseconds grace);
    /// After stop(): ends every session, those with a worker when it comes back.
    void cut();
    /// After cut(): ends its thread. Idempotent.
    void finish();

    std::size_t sessions() const;
    /// What ClientHellos take that wait, Session::waiting_hello() of all.
    std::size_t hello_bytes() const;
    /// False when its thread does not come round for so long; true once it was stopped.
    bool responds(std::chrono::milliseconds within);

  private:
    using Clock = Session::Clock;
    struct Place;
    using Looks = std::set<std::pair<Clock::time_point, Place*>>;

    /// A place for a session. Places are kept and used again: a call that comes late finds nobody,
    /// or somebody else, who looks for bytes in vain.
    struct Place : WorkerPool::Watcher {
        explicit Place(Poller& poller) : owner(poller) {}
        void ready() override { owner.ready(*this); }

        Poller& owner;
        std::unique_ptr<Session> session;
        bool taken = false;           ///< somebody works on it, or closes it
        bool missed = false;          ///< and it was called meanwhile
        bool writing = false;         ///< it is watched for being writable, too
        std::size_t hello_bytes = 0;  ///< counted in hello_bytes_
        /// When the clock looks at it, not later than its deadline; max: it does not.
        Clock::time_point look = Clock::time_point::max();
        Looks::node_type node;  ///< for looks_, while it is not in there: to wait takes no memory
    };
    struct Listening : WorkerPool::Watcher {
        explicit Listening(Poller& poller) : owner(poller) {}
        void ready() override { owner.accept_some(); }
        Poller& owner;
    };

    void run();
    void close_all(bool busy_too);
    std::chrono::milliseconds timeout();
    void count_hello(Place& place);
    void drop_oldest_hello();
    void give_memory_back();
    void accept_some();
    void accept_later();
    bool work_later(Place& place);
    Place& free_place();
    void adopt(net::PlainStream socket, Endpoint peer);
    bool make_room();
    void pause_accepting();
    void expire();
    void ready(Place& place);
    void work(Place& place);
    bool park(Place& place);
    void look_at(Place& place, Clock::time_point when);
    void close(Place& place);

    Service& service_;

    std::mutex accept_mutex_;  ///< one worker at a time accepts; locked before mutex_
    net::Descriptor listener_;
    net::Wakeup wake_;
    Listening listening_{*this};

    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::condition_variable answered_;
    std::uint64_t questions_ = 0;
    std::uint64_t answers_ = 0;  ///< to the questions up to this one
    std::deque<Place> places_;
    std::vector<Place*> free_;  ///< has room for all of them
    std::size_t sessions_ = 0;
    std::size_t most_sessions_ = 0;  ///< since memory was last given back
    /// A deadline that moves away leaves its place where it was, and is looked up when it is due.
    Looks looks_;
    Clock::time_point wakes_ = Clock::time_point::max();  ///< when the clock's thread does
    std::size_t hello_bytes_ = 0;                         ///< Limits::hello_bytes
    bool accepting_ = true;
    bool stopping_ = false;
    bool cutting_ = false;
    bool finished_ = false;

    std::thread thread_;
};

}  // namespace sni::backend
