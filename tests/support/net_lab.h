// A loop on a thread of its own, for tests that talk to it with plain sockets.
#pragma once

#include <future>
#include <thread>

#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace sni::test {

class LoopThread {
  public:
    LoopThread() : thread_([this] { loop_.run(); }) {}
    ~LoopThread() { stop(); }
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    void stop() {
        if (!thread_.joinable()) return;
        loop_.stop();
        thread_.join();
    }
    /// Starts what `make` returns on the loop's thread.
    void spawn(std::function<net::Task<>(net::Loop&)> make) {
        loop_.post([this, make = std::move(make)] { loop_.spawn(make(loop_)); });
    }
    net::Loop& loop() { return loop_; }

  private:
    net::Loop loop_;
    std::thread thread_;
};

struct Gate {
    explicit Gate(net::Loop& loop, std::size_t limit = 100)
        : quota(limit), listener(loop, net::bind_listener(loopback(0)), quota) {}
    net::Quota quota;
    net::Listener listener;
};

/// What `task`, a coroutine, found behind a listener on a loop, while `body` is given its address;
/// the loop goes first.
template <class Seen, class Body>
Seen with_loop(std::function<net::Task<>(net::Listener&, std::promise<Seen>&)> task, Body body) {
    std::promise<Seen> done;
    net::Loop loop;
    Gate gate(loop);
    loop.spawn(task(gate.listener, done));
    std::thread thread([&] { loop.run(); });
    auto result = done.get_future();
    body(gate.listener.local());
    const bool in_time = result.wait_for(kPatience) == std::future_status::ready;
    loop.stop();
    thread.join();
    REQUIRE(in_time);
    return result.get();
}

}  // namespace sni::test
