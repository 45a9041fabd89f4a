// One connection from accept to its end, as the context knows it.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>

#include "lab/net/net.h"
#include "lab/router/serve.h"

namespace sni::router {

/// The record of a connection, filed when its holder lets it go; until then the context can find
/// it.
class Session {
  public:
    Session(WorkerContext& context, const Endpoint& client);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// By a clock of its own: the loop's stands still while it works off what came together.
    std::chrono::nanoseconds since_accept() const { return net::Clock::now() - began_; }
    void heard_hello() {
        record.hello = since_accept();
        context_.counters.hello.add(*record.hello);
    }
    void connected() {
        record.connected = since_accept();
        context_.counters.connect.add(*record.connected -
                                      record.hello.value_or(std::chrono::nanoseconds(0)));
    }
    void relayed(const net::RelayResult& result) {
        record.bytes_up = without_ahead(result.up);
        record.bytes_down = result.down;
        record.client_end = result.a;
        record.backend_end = result.b;
    }

    LiveConnection look() const;
    /// By the relay so far.
    net::RelayResult moved() const {
        net::RelayResult moved = relay.so_far();
        moved.up = without_ahead(moved.up);
        return moved;
    }
    Session* older() const { return older_; }

    SessionRecord record;
    std::unique_ptr<Observer> observer;
    net::RelayView relay;
    std::size_t ahead = 0;  ///< bytes of ours that the backend gets first

  private:
    std::uint64_t without_ahead(std::uint64_t up) const {
        return up - std::min<std::uint64_t>(up, ahead);
    }

    WorkerContext& context_;
    net::Clock::time_point began_;
    Session* older_;
    Session* newer_ = nullptr;
};

}  // namespace sni::router
