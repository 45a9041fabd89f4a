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

#include "lab/bench/load/poll_set.h"
#include "lab/core/endpoint.h"
#include "lab/net/descriptor.h"

struct ssl_ctx_st;

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
    class Session;
    struct FreeContext {
        void operator()(ssl_ctx_st* context) const;
    };

    Endpoint listen(const Endpoint& at, bool tls);
    void serve();
    void accept(int listener, bool tls);

    std::unique_ptr<ssl_ctx_st, FreeContext> context_;
    PollSet polls_;
    net::Descriptor wake_;
    std::unordered_map<int, std::pair<net::Descriptor, bool>> listeners_;
    std::unordered_map<int, std::unique_ptr<Session>> sessions_;
    std::vector<std::byte> buffer_;
    Endpoint plain_;
    Endpoint tls_;
    std::atomic<std::size_t> open_ = 0;
    std::thread thread_;
};

}  // namespace sni::bench
