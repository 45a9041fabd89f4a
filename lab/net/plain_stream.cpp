#include "lab/net/plain_stream.h"

#include <cerrno>

#include <sys/socket.h>

namespace sni::net {

namespace {

/// What recv(2) or send(2) gave; `want` is what to wait for where it would have waited.
Io outcome(ssize_t moved, Io want, std::size_t& count) {
    if (moved >= 0) {
        count = static_cast<std::size_t>(moved);
        return moved == 0 && want == Io::want_read ? Io::ended : Io::done;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? want : Io::failed;
}

Io receive(int fd, std::span<char> into, int flags, std::size_t& got) {
    ssize_t count = 0;
    do {
        count = ::recv(fd, into.data(), into.size(), flags | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return outcome(count, Io::want_read, got);
}

}  // namespace

Io receive_now(int fd, std::span<char> into, std::size_t& got) {
    return receive(fd, into, 0, got);
}

Io send_now(int fd, std::string_view from, std::size_t& taken) {
    ssize_t count = 0;
    do {
        count = ::send(fd, from.data(), from.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return outcome(count, Io::want_write, taken);
}

Io PlainStream::peek(std::span<char> into, std::size_t& got) const {
    return receive(fd(), into, MSG_PEEK, got);
}

void PlainStream::finish_sending() {
    ::shutdown(fd(), SHUT_WR);
}

void PlainStream::reset_on_close() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace sni::net
