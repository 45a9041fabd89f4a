#include "lab/backend/channel/channel.h"

#include <array>

namespace sni::backend {

Io Channel::discard() {
    std::array<char, 16u << 10> waste;
    std::size_t got = 0;
    // Bounded, so that a peer that sends without end cannot hold the caller.
    for (int round = 0; round < 64; ++round) {
        if (const Io io = socket_.read(waste, got); io != Io::done) return io;
    }
    return Io::done;
}

bool Channel::reset() const {
    char next = 0;
    std::size_t got = 0;
    return socket_.peek({&next, 1}, got) == Io::failed;
}

}  // namespace sni::backend
