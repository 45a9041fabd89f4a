// Accepts connections on one loop.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>

#include "lab/core/endpoint.h"
#include "lab/net/quota.h"
#include "lab/net/socket.h"

namespace sni::net {

class Accept;

/// Clients that say nothing are kept back in the kernel for about a second (TCP_DEFER_ACCEPT), so
/// the first bytes are there when a socket comes out. When the quota, or the process, has no room
/// for another connection, the listener pauses until one closes; the kernel's queue holds the rest.
class Listener final : public Watcher, private Starved {
  public:
    /// A socket of bind_listeners(). Its loop and `quota` must outlive it.
    Listener(Loop& loop, Descriptor bound, Quota& quota);
    ~Listener() override;

    /// With the real port.
    const Endpoint& local() const { return local_; }
    /// `co_await listener.accept()`: the next client. One coroutine at a time.
    Accept accept();
    /// A client that waits in the queue now, if any.
    std::optional<Socket> accept_waiting();
    /// Lets the kernel hand out its silent clients too, lest close() reset them. False when it has
    /// none; else that takes it up to a second.
    bool stop_deferring();
    /// accept() never returns after this.
    void close();

  private:
    friend class Accept;
    void on_events(std::uint32_t events) override;
    void retry() override;
    void pause();

    Loop& loop_;
    Quota& quota_;
    Descriptor descriptor_;
    Endpoint local_;
    Accept* accepting_ = nullptr;
    bool paused_ = false;
};

class Accept {
  public:
    explicit Accept(Listener& listener) : listener_(listener) {}
    ~Accept();
    Accept(const Accept&) = delete;
    Accept& operator=(const Accept&) = delete;

    // Not tried at once: epoll tells soon enough, and asking in vain for each client costs more.
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> awaiting);
    Socket await_resume() {
        if (!accepted_) throw Error(ECANCELED);  // nobody resumes without a client
        return std::move(*accepted_);
    }

  private:
    friend class Listener;
    Listener& listener_;
    std::optional<Socket> accepted_;
    std::coroutine_handle<> awaiting_;
};

inline Accept Listener::accept() {
    return Accept(*this);
}

}  // namespace sni::net
