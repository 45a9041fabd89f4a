// Accepts connections on one loop.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>

#include "lab/core/endpoint.h"
#include "lab/net/loop/quota.h"
#include "lab/net/loop/socket.h"

namespace sni::net {

class Accept;

/// Clients that say nothing are kept back in the kernel for about a second (TCP_DEFER_ACCEPT), so
/// the first bytes are there when a socket comes out. When the quota, or the process, has no room
/// for another connection, the listener pauses until one closes; the kernel's queue holds the rest.
/// It pauses for ever longer times up to a second when the kernel refuses for another reason,
/// whatever that is, and tries again. Listeners on one socket take clients in turns.
class Listener final : public Watcher, private Deferred {
  public:
    /// Told of an error of accept(2) on the loop's thread, once until one went well again.
    using OnTrouble = std::function<void(const Endpoint& listening, int error)>;

    /// A socket of bind_listeners(). Its loop and `quota` must outlive it.
    Listener(Loop& loop, Descriptor bound, Quota& quota, OnTrouble on_trouble = {});
    ~Listener() override;

    /// With the real port.
    const Endpoint& local() const { return local_; }
    /// `co_await listener.accept()`: the next client. One coroutine at a time.
    Accept accept();
    /// A client that waits in the queue now, if any.
    std::optional<Socket> accept_waiting();
    /// The errno that keeps it from accepting, if one does; a pause until there is room again is
    /// none, unless it lasts.
    std::optional<int> trouble() const;
    /// From now on the kernel hands out a client at once, silent or not.
    void defer_no_more();
    /// The same for those that it has kept back already, lest close() reset them. False when it has
    /// none; else that takes it up to a second.
    bool stop_deferring();
    /// accept() never returns after this.
    void close();

  private:
    friend class Accept;
    void on_events(std::uint32_t events) override;
    void on_deadline() override { try_again(); }
    void retry() override { try_again(); }
    void try_again();
    void listen();
    void stop_listening();
    void pause();
    void refused(int error);
    void wait_a_while(int error);
    void revive();
    void accepted();

    Loop& loop_;
    Quota& quota_;
    Descriptor descriptor_;
    Endpoint local_;
    OnTrouble on_trouble_;
    Accept* accepting_ = nullptr;
    bool listening_ = false;  // epoll tells of clients
    unsigned in_a_row_ = 0;   // clients taken since the others of the socket had their turn
    int error_ = 0;           // of accept(2), since it last went well
    bool reported_ = false;   // that it does not
    Clock::time_point failing_since_;
    std::chrono::milliseconds pause_{0};
};

/// Gives each client to a task that `serve` makes. One for which there is no memory is closed, and
/// the next one is served.
template <class Serve>
Task<> serve_all(Loop& loop, Listener& listener, Serve serve);

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

template <class Serve>
Task<> serve_all(Loop& loop, Listener& listener, Serve serve) {
    for (;;) {
        Socket client = co_await listener.accept();
        try {
            loop.spawn(serve(std::move(client)));
        } catch (const std::exception&) {
            continue;  // its socket closes
        }
    }
}

}  // namespace sni::net
