// A loop on a thread of its own, for tests that talk to it with plain sockets.
#pragma once

#include <thread>

#include "lab/net/loop/net.h"

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

}  // namespace sni::test
