#include "lab/backend/channel.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace sni::backend {

Io Channel::discard() {
    std::array<char, 16u << 10> waste;
    // Bounded, so that a peer that sends without end cannot hold the caller.
    for (int round = 0; round < 64; ++round) {
        const ssize_t got = ::recv(fd(), waste.data(), waste.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Io::want_read;
        if (got <= 0) return Io::closed;
    }
    return Io::done;
}

bool Channel::reset() const {
    char next = 0;
    if (::recv(fd(), &next, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) return false;
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

void Channel::reset_on_close() const {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace sni::backend
