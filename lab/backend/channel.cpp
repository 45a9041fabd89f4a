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

}  // namespace sni::backend
