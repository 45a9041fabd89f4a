// The backend behind every subject: one thread that does what a Command asks, over plain TCP (after
// a ClientHello that it skips) and over TLS, as cheaply as it can.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/poll_set.h"
#include "lab/net/wakeup.h"
#include "lab/session/channel.h"

namespace sni::bench {

class Stub {
  public:
    /// Listens on 127.0.0.1 and, for plain connections, on the same port of `more_hosts`. Throws
    /// Failure(Exit::machine).
    explicit Stub(std::span<const std::string> more_hosts = {});
    /// Ends every connection.
    ~Stub();
    Stub(const Stub&) = delete;
    Stub& operator=(const Stub&) = delete;

    Endpoint plain() const { return plain_; }
    Endpoint tls() const { return tls_; }
    /// Connections at this moment.
    std::size_t open() const { return open_; }

  private:
    /// What its thread waits for.
    class Watched {
      public:
        virtual ~Watched() = default;
        /// False when it is over. Throws nothing: its thread is that of all.
        virtual bool ready() = 0;
    };
    class Listener;
    class Session;

    Endpoint listen(const Endpoint& at, bool tls);
    bool watch(std::unique_ptr<Watched> watched, int fd);
    void serve();

    session::ContextPtr context_;
    net::PollSet polls_;
    net::Wakeup wake_;
    /// What closed while a router was started may be told of once more, and is not found here.
    std::unordered_map<void*, std::unique_ptr<Watched>> watched_;
    std::vector<std::byte> buffer_;
    Endpoint plain_;
    Endpoint tls_;
    std::atomic<std::size_t> open_ = 0;
    std::thread thread_;
};

}  // namespace sni::bench
