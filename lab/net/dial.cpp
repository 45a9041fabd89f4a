#include "lab/net/dial.h"

#include <cerrno>
#include <fstream>
#include <random>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sni::net {

namespace {

/// The ports that the kernel gives out by itself.
std::pair<unsigned, unsigned> ephemeral_ports() {
    std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
    unsigned least = 0;
    unsigned most = 0;
    if (file >> least >> most && least > 0 && least + 1 < most && most <= 65'535) {
        return {least, most};
    }
    return {32'768, 60'999};
}

/// Gives the socket a port of its own choice; without one when those that it tries are all taken.
void bind_source(const Descriptor& socket, int family, SourcePort wish) {
    constexpr int kTries = 32;
    if (family != AF_INET && family != AF_INET6) return;
    const auto [least, most] = ephemeral_ports();
    std::random_device lot;
    for (int i = 0; i < kTries; ++i) {
        unsigned port = least + lot() % (most - least);
        if ((port % 2 == 1) != (wish == SourcePort::odd)) ++port;  // at most `most`
        const auto wire = htons(static_cast<std::uint16_t>(port));
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = wire;
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = wire;
        const int bound =
            family == AF_INET
                ? ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&v4), sizeof v4)
                : ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
        if (bound == 0 || errno != EADDRINUSE) return;
    }
}

/// As when a machine has no IPv6, which says the same as one whose ports are all taken. Nothing is
/// sent.
bool has_no_address_to_dial_from(const Address& to) {
    const Descriptor probe(::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return probe && ::connect(probe.fd(), to.get(), to.size()) != 0 && errno == EADDRNOTAVAIL;
}

}  // namespace

Descriptor new_stream_socket(const Address& to) {
    Descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (socket && to.family() != AF_UNIX) {
        ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return socket;
}

int start_connecting(const Descriptor& socket, const Address& to) {
    if (::connect(socket.fd(), to.get(), to.size()) == 0) return 0;
    const int error = errno;
    if (error == EADDRNOTAVAIL && to.family() == AF_INET6 && has_no_address_to_dial_from(to))
        return ENETUNREACH;
    // EAGAIN is a Unix listener whose queue is full: as good as refused. For TCP it means that this
    // machine has no port left.
    return error == EAGAIN && to.family() != AF_UNIX ? EADDRNOTAVAIL : error;
}

int pending_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

Result<PlainStream, int> start_dial(const Endpoint& to, SourcePort from) {
    const Address address(to);
    Descriptor socket = new_stream_socket(address);
    if (!socket) return std::unexpected(errno);
    if (from != SourcePort::any) bind_source(socket, address.family(), from);
    const int error = start_connecting(socket, address);
    // An earlier connection between the same two ports may linger.
    if (error == EADDRNOTAVAIL && from != SourcePort::any) return start_dial(to);
    if (error != 0 && error != EINPROGRESS) return std::unexpected(error);
    return PlainStream(std::move(socket));
}

Result<PlainStream, int> dial(const Endpoint& to, Clock::time_point deadline, const Wakeup* stop,
                              SourcePort from) {
    auto socket = start_dial(to, from);
    if (!socket) return socket;
    if (!wait_for({{socket->fd(), Io::want_write}}, deadline, stop)) {
        return std::unexpected(stop && stop->called() ? ECANCELED : ETIMEDOUT);
    }
    if (const int error = pending_error(socket->fd()); error != 0) return std::unexpected(error);
    return socket;
}

}  // namespace sni::net
