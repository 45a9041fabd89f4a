// A tap in a wire on loopback: passes connections on to a server with their half-closes and resets,
// and keeps every byte that passed.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lab/core/endpoint.h"
#include "lab/net/descriptor.h"
#include "tests/support/peer.h"

namespace sni::test {

/// What one connection carried, from the first byte to the last.
struct Tapped {
    Buffer up;         ///< from who connected
    Buffer down;       ///< from the server
    bool cut = false;  ///< by a reset, or by who does not take what is sent to him
};

class Tap {
  public:
    static constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

    /// What goes up is sent in pieces of at most `segment` bytes, each a TCP segment of its own.
    explicit Tap(Endpoint server, std::size_t segment = kWhole)
        : server_(std::move(server)),
          segment_(segment),
          wake_(::eventfd(0, EFD_CLOEXEC)),
          thread_([this] { run(); }) {}
    ~Tap() {
        ::eventfd_write(wake_.fd(), 1);
        thread_.join();
    }
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    const Endpoint& endpoint() const { return door_.endpoint(); }

    /// The connections that carried anything, in the order in which they came. Waits until these
    /// are `count` at least and all are over on both sides.
    std::vector<Tapped> conversations(std::size_t count) {
        std::unique_lock lock(mutex_);
        std::vector<Tapped> all;
        const bool over = changed_.wait_for(lock, kPatience, [&] {
            all.clear();
            for (const Line& line : lines_) {
                if (!line.over()) return false;
                if (line.up.bytes.empty() && line.down.bytes.empty()) continue;
                all.push_back({line.up.bytes, line.down.bytes, line.cut});
            }
            return all.size() >= count;
        });
        if (!over) throw std::runtime_error("a tapped connection is missing or has no end");
        return all;
    }

  private:
    /// One direction.
    struct Way {
        Buffer bytes;
        std::size_t sent = 0;
        bool ended = false;
        bool end_sent = false;
    };
    struct Line {
        net::Descriptor client;
        net::Descriptor server;
        Way up;
        Way down;
        bool cut = false;

        bool over() const { return !client && !server; }
    };

    void run() {
        for (;;) {
            std::vector<pollfd> watched{{wake_.fd(), POLLIN, 0}, {door_.fd(), POLLIN, 0}};
            for (const Line& line : lines_) {
                watched.push_back({line.client.fd(), interest(line.up, line.down), 0});
                watched.push_back({line.server.fd(), interest(line.down, line.up), 0});
            }
            ::poll(watched.data(), watched.size(), -1);
            if (watched[0].revents != 0) return;
            const std::lock_guard lock(mutex_);
            auto events = watched.begin() + 2;
            for (Line& line : lines_) {
                const short from_client = (events++)->revents;
                const short from_server = (events++)->revents;
                if (!line.over()) serve(line, from_client, from_server);
            }
            if (watched[1].revents != 0) accept();
            changed_.notify_all();
        }
    }

    static short interest(const Way& in, const Way& out) {
        return static_cast<short>((in.ended ? 0 : POLLIN) |
                                  (out.sent < out.bytes.size() ? POLLOUT : 0));
    }

    void accept() {
        Line& line = lines_.emplace_back();
        line.client = net::Descriptor(::accept4(door_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        try {
            Peer server = Peer::to(server_);
            line.server = net::Descriptor(::fcntl(server.fd(), F_DUPFD_CLOEXEC, 0));
        } catch (const std::runtime_error&) {
            return give_up(line);
        }
        const int on = 1;
        for (const net::Descriptor* side : {&line.client, &line.server}) {
            ::fcntl(side->fd(), F_SETFL, O_NONBLOCK);
            ::setsockopt(side->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
    }

    void serve(Line& line, short from_client, short from_server) {
        const bool whole = receive(line.client, from_client, line.up) &&
                           receive(line.server, from_server, line.down) &&
                           send(line.server, line.up, segment_) &&
                           send(line.client, line.down, kWhole);
        if (!whole) return give_up(line);
        if (line.up.ended && line.down.end_sent) line.client.reset();
        if (line.down.ended && line.up.end_sent) line.server.reset();
    }

    /// False after a reset.
    static bool receive(const net::Descriptor& from, short events, Way& way) {
        if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return true;
        std::array<std::byte, 64u << 10> block;
        const ssize_t got = ::recv(from.fd(), block.data(), block.size(), 0);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        if (got == 0 && (events & POLLERR) != 0) return false;
        way.ended = got == 0;
        way.bytes.insert(way.bytes.end(), block.begin(), block.begin() + got);
        return true;
    }

    /// False after a reset.
    static bool send(const net::Descriptor& to, Way& way, std::size_t segment) {
        while (way.sent < way.bytes.size()) {
            const std::size_t size = std::min(segment, way.bytes.size() - way.sent);
            const ssize_t sent = ::send(to.fd(), way.bytes.data() + way.sent, size, MSG_NOSIGNAL);
            if (sent < 0) return errno == EAGAIN || errno == EINTR;
            way.sent += static_cast<std::size_t>(sent);
        }
        if (way.ended && !way.end_sent) {
            ::shutdown(to.fd(), SHUT_WR);
            way.end_sent = true;
        }
        return true;
    }

    static void give_up(Line& line) {
        line.cut = true;
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        for (net::Descriptor* side : {&line.client, &line.server}) {
            ::setsockopt(side->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            side->reset();
        }
    }

    Endpoint server_;
    std::size_t segment_;
    net::Descriptor wake_;
    Door door_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Line> lines_;  // changed by thread_ alone
    std::thread thread_;
};

}  // namespace sni::test
