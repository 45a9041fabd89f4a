// Dials a backend.
#pragma once

#include <chrono>
#include <coroutine>

#include "lab/core/endpoint.h"
#include "lab/net/loop/socket.h"

namespace sni::net {

/// A connection that is being made.
struct Beginning {
    StreamPtr stream;
    int error = 0;           ///< an errno, and no stream
    bool connected = false;  ///< decided before anybody had to wait
};

/// Asks the kernel to connect to an address or a Unix path.
Beginning begin_connect(Loop& loop, const Endpoint& endpoint);

/// What connect() returns, to be awaited.
class Dial final : public Waiter {
  public:
    Dial(Socket& client, const Endpoint& endpoint, std::chrono::milliseconds within);
    ~Dial();
    Dial(const Dial&) = delete;
    Dial& operator=(const Dial&) = delete;

    bool await_ready();
    void await_suspend(std::coroutine_handle<> awaiting);
    Socket await_resume();

    void on_ready(Stream& stream) override;
    void on_expired(Stream& stream) override;

  private:
    void stop_waiting();
    void go_on(int error);

    Stream& client_;
    const Endpoint& endpoint_;
    std::chrono::milliseconds within_;
    StreamPtr backend_;
    int error_ = 0;
    std::coroutine_handle<> awaiting_;
};

/// `co_await connect(client, endpoint, within)`: a socket connected to `endpoint` (an address or a
/// Unix path; names are resolved before) on the client's loop. Throws Error: refused, unreachable,
/// timed_out(), or unwanted() when `client`, for whom the connection is made, is reset or expires
/// meanwhile. A client that has merely finished sending still wants its answer.
inline Dial connect(Socket& client, const Endpoint& endpoint, std::chrono::milliseconds within) {
    return {client, endpoint, within};
}

}  // namespace sni::net
