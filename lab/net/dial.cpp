#include "lab/net/dial.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sni::net {

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
    // EAGAIN is a Unix listener whose queue is full: as good as refused. For TCP it means that this
    // machine has no port left.
    return errno == EAGAIN && to.family() != AF_UNIX ? EADDRNOTAVAIL : errno;
}

int pending_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

Result<PlainStream, int> start_dial(const Endpoint& to) {
    const Address address(to);
    Descriptor socket = new_stream_socket(address);
    if (!socket) return std::unexpected(errno);
    const int error = start_connecting(socket, address);
    if (error != 0 && error != EINPROGRESS) return std::unexpected(error);
    return PlainStream(std::move(socket));
}

Result<PlainStream, int> dial(const Endpoint& to, Clock::time_point deadline, const Wakeup* stop) {
    auto socket = start_dial(to);
    if (!socket) return socket;
    if (!wait_for({{socket->fd(), Io::want_write}}, deadline, stop)) {
        return std::unexpected(stop && stop->called() ? ECANCELED : ETIMEDOUT);
    }
    if (const int error = pending_error(socket->fd()); error != 0) return std::unexpected(error);
    return socket;
}

}  // namespace sni::net
