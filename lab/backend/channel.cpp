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
        const bool would_block = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        if (got < 0 && would_block) return Io::want_read;
        if (got <= 0) return Io::closed;
    }
    return Io::want_read;
}

}  // namespace sni::backend
