// Holds every session that waits for something, on one thread: the listener, handshakes, requests
// that are still arriving, and connections between requests. A session that can go on is handed to
// a worker and comes back. For .cpp files only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "lab/backend/session.h"
#include "lab/net/descriptor.h"

namespace sni::backend {

class Poller {
  public:
    /// Starts to accept. `listener` listens and does not block.
    Poller(net::Descriptor listener, Service& service);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Closes the listener and every session that waits; those with a worker end with the answer
    /// they are at. Idempotent.
    void stop();
    /// After stop(): true when no session is left, at the latest after `grace`.
    bool wait_until_empty(std::chrono::milliseconds grace);

    std::size_t sessions() const;
    /// False when its thread does not come round for so long; true once it was stopped.
    bool comes_round(std::chrono::milliseconds within);

  private:
    using Clock = Session::Clock;

    void run();
    int timeout();
    void accept_some();
    void adopt(net::Descriptor socket, Endpoint peer);
    bool make_room();
    void pause_accepting();
    void expire();
    void hand_over(Session& session);
    void work(Session& session);
    void park(Session& session, std::uint32_t events);
    void close(Session& session);
    void watch(int operation, int fd, std::uint32_t events, void* what);

    Service& service_;
    const Clock::duration shortest_limit_;
    net::Descriptor epoll_;
    net::Descriptor wake_;
    net::Descriptor listener_;

    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::condition_variable answered_;
    std::uint64_t questions_ = 0;
    std::uint64_t answers_ = 0;  ///< to the questions up to this one
    std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
    std::set<std::pair<Clock::time_point, Session*>> parked_;  ///< those that no worker has
    bool accepting_ = true;
    bool stopping_ = false;

    std::thread thread_;
};

}  // namespace sni::backend
