#include "lab/gateways/side.h"

#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace sni::gateways {

namespace {

using Io = session::TlsStream::Io;

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/// What poll() has to wait for; 0: the side is over.
short events_for(Io io) {
    return io == Io::want_read ? POLLIN : io == Io::want_write ? POLLOUT : 0;
}

}  // namespace

void Side::put_on(SslPtr session) {
    ssl = std::move(session);
    SSL_set_fd(ssl.get(), socket.fd());
    tls.emplace(ssl.get());
}

bool wait_for(const Side& side, short events, int stop) {
    std::array<pollfd, 2> entries{{{side.socket.fd(), events, 0}, {stop, POLLIN, 0}}};
    return events != 0 && ::poll(entries.data(), entries.size(), kPatience) > 0 &&
           entries[1].revents == 0;
}

bool shake_hands(Side& side, int stop) {
    while (side.tls) {
        const Io io = side.tls->handshake();
        if (io == Io::done) return true;
        if (!wait_for(side, events_for(io), stop)) return false;
    }
    return true;  // plain text needs none
}

int read_some(Side& side, std::span<char> into) {
    if (!side.tls) {
        const ssize_t got = ::recv(side.socket.fd(), into.data(), into.size(), 0);
        if (got > 0) return static_cast<int>(got);
        return got < 0 && would_block() ? 0 : -1;
    }
    std::size_t got = 0;
    const Io io = side.tls->read(into, got);
    if (io == Io::done) return static_cast<int>(got);
    return events_for(io) != 0 ? 0 : -1;
}

bool write_all(Side& side, std::string_view bytes, int stop) {
    while (side.tls && !bytes.empty()) {
        std::size_t taken = 0;
        const Io io = side.tls->write(bytes, taken);
        if (io == Io::done) {
            bytes.remove_prefix(taken);
        } else if (!wait_for(side, events_for(io), stop)) {
            return false;
        }
    }
    while (!bytes.empty()) {
        const ssize_t sent = ::send(side.socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (!would_block() || !wait_for(side, POLLOUT, stop)) {
            return false;
        }
    }
    return true;
}

}  // namespace sni::gateways
