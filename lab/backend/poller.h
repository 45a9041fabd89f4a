// Holds every session of a listener: handshakes, requests that are still arriving, and connections
// between requests. Those wait without a thread; a worker that finds one ready takes it and brings
// it back. A thread of its own only looks at the clock. For .cpp files only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "lab/backend/places.h"
#include "lab/backend/session.h"
#include "lab/net/address.h"
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

    struct Place : Seat<Session, Place>, WorkerPool::Watcher {
        explicit Place(Poller& poller) : owner(poller) {}
        void ready() override { owner.ready(*this); }
        Poller& owner;
    };
    struct Listening : WorkerPool::Watcher {
        explicit Listening(Poller& poller) : owner(poller) {}
        void ready() override { owner.accept_some(); }
        Poller& owner;
    };

    void run();
    void close_all(bool busy_too);
    std::chrono::milliseconds timeout();
    void crowd_out_hellos();
    void give_memory_back();
    void accept_some();
    void accept_later();
    bool work_later(Place& place);
    void adopt(net::PlainStream socket, const net::Address& peer);
    bool make_room();
    void pause_accepting();
    void try_later();
    void try_again();
    void wake_for_soonest();
    void expire();
    void ready(Place& place);
    void work(Place& place);
    bool park(Place& place);
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
    Places<Place> places_;
    Clock::time_point wakes_ = Clock::time_point::max();  ///< when the clock's thread does
    bool finished_ = false;

    std::thread thread_;
};

}  // namespace sni::backend
