// A gateway's listener, and a thread for each of its connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <string_view>
#include <thread>

#include "lab/core/endpoint.h"
#include "lab/net/plain_stream.h"
#include "lab/net/wakeup.h"

namespace sni::gateways {

struct ServerOptions {
    Endpoint listen;
    std::size_t max_connections = 0;
    /// Told, from the accepting thread, why a connection was refused; empty: nobody asks.
    std::function<void(std::string_view)> refused;
};

/// Serves from the constructor to the destructor, which waits for its connections. What comes
/// beyond max_connections, or finds no thread, is refused with the alert internal_error.
class Server {
  public:
    /// Called in the thread of a connection: `number` counts from 1 those that were not refused,
    /// and `stop` is called when it has to end. What it throws ends this connection alone.
    using Serve =
        std::function<void(net::PlainStream client, unsigned number, const net::Wakeup& stop)>;

    /// Throws Failure as Backend's does.
    Server(ServerOptions options, Serve serve);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Endpoint listening() const;

  private:
    struct Running {
        net::PlainStream client;  ///< until the thread has it
        std::atomic<bool> over{false};
        std::thread thread;
    };

    void accept_until_stopped();
    void begin(net::PlainStream& client, unsigned number);
    void run(net::PlainStream client, unsigned number) const noexcept;
    void turn_away(net::PlainStream& client, std::string_view why) const noexcept;
    void reap(bool all);

    const ServerOptions options_;
    const Serve serve_;
    net::Descriptor listener_;
    net::Wakeup stop_;
    std::list<Running> running_;  ///< of the accepting thread
    std::thread acceptor_;
};

}  // namespace sni::gateways
