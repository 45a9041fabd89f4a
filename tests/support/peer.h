// Plain blocking sockets for the two ends of a test, and backends that run on a thread of their
// own. Every wait ends after kPatience, so that a lost byte fails a test instead of hanging it.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/net/address.h"
#include "lab/net/descriptor.h"
#include "tests/support/hello_builder.h"

namespace sni::test {

constexpr std::chrono::seconds kPatience{20};

/// How a stream looked to the one who read it.
enum class End { finished, reset, silent };

/// One end of a connection.
class Peer {
  public:
    explicit Peer(net::Descriptor socket) : socket_(std::move(socket)) {
        const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
        ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    /// Connects. A small `receive_buffer` makes the other end feel back-pressure early.
    static Peer to(const Endpoint& endpoint, int receive_buffer = 0) {
        const net::Address address(endpoint);
        net::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (receive_buffer > 0) {
            ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                         sizeof receive_buffer);
        }
        if (::connect(socket.fd(), address.get(), address.size()) != 0) {
            throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
        }
        return Peer(std::move(socket));
    }

    int fd() const { return socket_.fd(); }
    void send(const Buffer& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t sent = ::send(fd(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("send failed");
            at += static_cast<std::size_t>(sent);
        }
    }
    /// What the kernel takes now, without waiting.
    std::size_t send_some(const Buffer& bytes) {
        const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    void finish() { ::shutdown(fd(), SHUT_WR); }
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        socket_.reset();
    }
    void close() { socket_.reset(); }

    /// Exactly `count` bytes, or fewer when the stream ends first.
    Buffer read(std::size_t count) {
        Buffer bytes(count);
        std::size_t have = 0;
        while (have < count) {
            const ssize_t got = ::recv(fd(), bytes.data() + have, count - have, 0);
            if (got <= 0) break;
            have += static_cast<std::size_t>(got);
        }
        bytes.resize(have);
        return bytes;
    }
    /// The next TLS record, header and all, which stays to be read; empty when none comes whole.
    Buffer peek_record() {
        Buffer bytes(5);
        for (;;) {
            const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), MSG_PEEK | MSG_WAITALL);
            if (got < static_cast<ssize_t>(bytes.size())) return {};
            const std::size_t whole = 5 + std::to_integer<std::size_t>(bytes[3]) * 256 +
                                      std::to_integer<std::size_t>(bytes[4]);
            if (bytes.size() == whole) return bytes;
            bytes.resize(whole);
        }
    }
    /// Everything up to the end, and how that was.
    Buffer read_all(End& end) {
        Buffer bytes;
        Buffer block(64u << 10);
        for (;;) {
            const ssize_t got = ::recv(fd(), block.data(), block.size(), 0);
            if (got <= 0) {
                end = got == 0 ? End::finished : errno == ECONNRESET ? End::reset : End::silent;
                return bytes;
            }
            bytes.insert(bytes.end(), block.begin(), block.begin() + got);
        }
    }
    Buffer read_all() {
        End ignored{};
        return read_all(ignored);
    }
    /// Waits for the end, whatever comes before it.
    End end() {
        End end{};
        read_all(end);
        return end;
    }

  private:
    net::Descriptor socket_;
};

/// A listening socket that leaves the accepting to the test.
class Door {
  public:
    explicit Door(const Endpoint& endpoint = loopback(0), int backlog = 64) {
        const net::Address address(endpoint);
        socket_ = net::Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(socket_.fd(), address.get(), address.size()) != 0 ||
            ::listen(socket_.fd(), backlog) != 0) {
            throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
        }
        endpoint_ = endpoint.kind == Endpoint::Kind::unix_path ? endpoint
                                                               : net::local_endpoint(socket_.fd());
    }
    const Endpoint& endpoint() const { return endpoint_; }
    Peer accept() {
        pollfd waiting{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
        const auto patience = std::chrono::milliseconds(kPatience).count();
        if (::poll(&waiting, 1, static_cast<int>(patience)) != 1) {
            throw std::runtime_error("nobody came");
        }
        return Peer(net::Descriptor(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
    }
    /// True when nobody waits to be accepted.
    bool quiet() const {
        pollfd waiting{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, 0) == 0;
    }
    int fd() const { return socket_.fd(); }

  private:
    net::Descriptor socket_;
    Endpoint endpoint_;
};

/// A backend that serves each connection on a thread of its own with `handler`, until it goes.
class Stub {
  public:
    using Handler = std::function<void(Peer)>;
    explicit Stub(Handler handler, const Endpoint& endpoint = loopback(0))
        : door_(endpoint, 512), handler_(std::move(handler)), thread_([this] { run(); }) {}
    ~Stub() {
        ::shutdown(door_.fd(), SHUT_RDWR);
        thread_.join();
        for (std::thread& each : served_)
            each.join();
    }
    Stub(const Stub&) = delete;
    Stub& operator=(const Stub&) = delete;
    const Endpoint& endpoint() const { return door_.endpoint(); }

  private:
    void run() {
        for (;;) {
            const int fd = ::accept4(door_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            served_.emplace_back([this, fd] {
                try {
                    handler_(Peer(net::Descriptor(fd)));
                } catch (const std::exception&) {
                    // The other end shows it.
                }
            });
        }
    }
    Door door_;
    Handler handler_;
    std::vector<std::thread> served_;  // of thread_ until it is joined
    std::thread thread_;
};

/// Sends back what it reads, then the end.
inline void echo(Peer peer) {
    Buffer block(64u << 10);
    for (;;) {
        const ssize_t got = ::recv(peer.fd(), block.data(), block.size(), 0);
        if (got <= 0) break;
        peer.send(Buffer(block.begin(), block.begin() + got));
    }
    peer.finish();
}

/// Not random, but no two stretches of it look alike.
inline Buffer noise(std::size_t size, std::uint64_t seed = 1) {
    Buffer bytes(size);
    std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    for (std::byte& byte : bytes) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        byte = static_cast<std::byte>(state & 0xFF);
    }
    return bytes;
}

/// A port nobody listens on: bound, so that nobody else takes it meanwhile.
class ClosedPort {
  public:
    ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const net::Address address(loopback(0));
        if (::bind(socket_.fd(), address.get(), address.size()) != 0) {
            throw std::runtime_error("bind failed");
        }
    }
    Endpoint endpoint() const { return net::local_endpoint(socket_.fd()); }
    /// From now on connections are taken, and nothing more.
    void open() { ::listen(socket_.fd(), 8); }

  private:
    net::Descriptor socket_;
};

/// A listener whose queue is full: its kernel drops every further SYN, so a dial hangs.
class DeafBackend {
  public:
    DeafBackend() : door_(loopback(0), 0) {
        for (int i = 0; i < 4; ++i) {
            net::Descriptor filler(
                ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            const net::Address address(door_.endpoint());
            ::connect(filler.fd(), address.get(), address.size());
            fillers_.push_back(std::move(filler));
        }
    }
    const Endpoint& endpoint() const { return door_.endpoint(); }

  private:
    Door door_;
    std::vector<net::Descriptor> fillers_;
};

/// Descriptors of this process that are open now.
inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for (int fd = 0; fd < 4096; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) ++count;
    }
    return count;
}

}  // namespace sni::test
