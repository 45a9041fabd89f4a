#include "lab/gateways/side.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace sni::gateways {

namespace {

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

bool wait_for(const Side& side, short events, int stop) {
    std::array<pollfd, 2> entries{{{side.socket.fd(), events, 0}, {stop, POLLIN, 0}}};
    return events != 0 && ::poll(entries.data(), entries.size(), kPatience) > 0 &&
           entries[1].revents == 0;
}

short wanted(const Side& side, int result) {
    switch (SSL_get_error(side.ssl.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return POLLIN;
        case SSL_ERROR_WANT_WRITE:
            return POLLOUT;
        default:
            return 0;
    }
}

int read_some(const Side& side, std::span<char> into) {
    if (!side.ssl) {
        const ssize_t got = ::recv(side.socket.fd(), into.data(), into.size(), 0);
        if (got > 0) return static_cast<int>(got);
        return got < 0 && would_block() ? 0 : -1;
    }
    ERR_clear_error();
    const int got = SSL_read(side.ssl.get(), into.data(), static_cast<int>(into.size()));
    if (got > 0) return got;
    return wanted(side, got) != 0 ? 0 : -1;
}

bool write_all(const Side& side, std::string_view bytes, int stop) {
    if (side.ssl) {
        return drive(side, stop, [&](SSL* ssl) {
            return SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
        });
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
