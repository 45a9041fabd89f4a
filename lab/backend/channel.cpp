#include "lab/backend/channel.h"

#include <array>

namespace sni::backend {

Io io_of(net::Io io) {
    switch (io) {
        case net::Io::done:
            return Io::done;
        case net::Io::want_read:
            return Io::want_read;
        case net::Io::want_write:
            return Io::want_write;
        case net::Io::ended:
        case net::Io::failed:
            break;
    }
    return Io::closed;
}

Io Channel::discard() {
    std::array<char, 16u << 10> waste;
    std::size_t got = 0;
    // Bounded, so that a peer that sends without end cannot hold the caller.
    for (int round = 0; round < 64; ++round) {
        const net::Io io = socket_.read(waste, got);
        if (io != net::Io::done) return io_of(io);
    }
    return Io::done;
}

bool Channel::reset() const {
    char next = 0;
    std::size_t got = 0;
    return socket_.peek({&next, 1}, got) == net::Io::failed;
}

}  // namespace sni::backend
