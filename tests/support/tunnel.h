// A relay on a thread of its own, with both its ends in the hands of the test.
#pragma once

#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace sni::test {

/// A client and a backend with a relay between them, which has `first` to send on already.
class Tunnel {
  public:
    /// A small `receive_buffer` is the client's; `pipes` is how many its loop has.
    explicit Tunnel(std::chrono::milliseconds idle = std::chrono::hours(1),
                    const std::string& first = "first", int receive_buffer = 0,
                    std::size_t pipes = 4)
        : pipes_(pipes),
          loop_(&pipes_),
          quota_(10),
          listener_(loop_, net::bind_listener(loopback(0)), quota_) {
        loop_.spawn(join(listener_, door_.endpoint(), idle, first, result_));
        thread_ = std::thread([this] { loop_.run(); });
        client_.emplace(Peer::to(listener_.local(), receive_buffer));
        client_->send(bytes_of("!"));
        backend_.emplace(door_.accept());
        REQUIRE(backend_->read(first.size()) == bytes_of(first));
    }
    ~Tunnel() { stop(); }

    Peer& client() { return *client_; }
    Peer& backend() { return *backend_; }
    const net::PipePool& pipes() const { return pipes_; }
    net::RelayResult result() {
        auto future = result_.get_future();
        REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
        return future.get();
    }
    /// Keeps the relay from looking until the promise is kept.
    std::promise<void> hold() {
        std::promise<void> release;
        std::promise<void> held;
        auto is_held = held.get_future();
        loop_.post([until = release.get_future().share(),
                    held = std::make_shared<std::promise<void>>(std::move(held))] {
            held->set_value();
            until.wait_for(kPatience);
        });
        is_held.wait();
        return release;
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop_.stop();
        thread_.join();
    }

  private:
    static net::Task<> join(net::Listener& listener, Endpoint backend,
                            std::chrono::milliseconds idle, std::string first,
                            std::promise<net::RelayResult>& result) {
        net::Socket a = co_await listener.accept();
        std::byte byte[1];
        co_await a.read_some(byte);
        net::Socket b = co_await net::connect(a, backend, kPatience);
        net::relay(std::move(a), std::move(b), as_bytes(first), idle,
                   std::make_unique<Told>(result));
    }

    struct Told final : net::Relayed {
        explicit Told(std::promise<net::RelayResult>& r) : result(r) {}
        void ended(const net::RelayResult& r) noexcept override { result.set_value(r); }
        std::promise<net::RelayResult>& result;
    };

    Door door_;
    std::promise<net::RelayResult> result_;
    net::PipePool pipes_;
    net::Loop loop_;
    net::Quota quota_;
    net::Listener listener_;
    std::thread thread_;
    std::optional<Peer> client_;
    std::optional<Peer> backend_;
};

/// What each side got when both sent at once and finished.
struct Exchanged {
    Buffer at_client;
    Buffer at_backend;
};
inline Exchanged exchange(Tunnel& tunnel, const Buffer& up, const Buffer& down) {
    const auto send = [](Peer& peer, const Buffer& bytes) {
        peer.send(bytes);
        peer.finish();
    };
    std::thread asking([&] { send(tunnel.client(), up); });
    std::thread answering([&] { send(tunnel.backend(), down); });
    auto at_backend = std::async(std::launch::async, [&] { return tunnel.backend().read_all(); });
    Exchanged exchanged{.at_client = tunnel.client().read_all(), .at_backend = at_backend.get()};
    asking.join();
    answering.join();
    return exchanged;
}

inline std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Sends of `bytes` until nothing moves any more: the kernel's buffers and those in between are
/// full then. Says how much that was.
inline std::size_t fill(Peer& sender, const Buffer& bytes) {
    std::size_t sent = 0;
    pollfd room{.fd = sender.fd(), .events = POLLOUT, .revents = 0};
    while (sent < bytes.size() && ::poll(&room, 1, 300) == 1) {
        sent += sender.send_some(Buffer(bytes.begin() + static_cast<std::ptrdiff_t>(sent),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                            sent + (1u << 20), bytes.size()))));
    }
    return sent;
}

}  // namespace sni::test
