// A relay in a test's own hands, for gateways that do something first.
#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include <poll.h>
#include <sys/socket.h>

#include "tests/support/peer.h"

namespace sni::test {

/// May change what passes on its way, and how much of it.
using Change = std::function<void(Buffer&)>;

/// Passes on what comes from either, until both have finished or one is gone.
inline void splice(Peer& client, Peer& service, const Change& up = {}, const Change& down = {}) {
    std::array<pollfd, 2> ends{{{client.fd(), POLLIN, 0}, {service.fd(), POLLIN, 0}}};
    const std::array<Peer*, 2> peers{&client, &service};
    const std::array<const Change*, 2> changes{&up, &down};
    std::array<std::byte, 16384> bytes;
    const auto patience = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && ::poll(ends.data(), ends.size(), patience) > 0) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            if (ends[i].fd < 0 || ends[i].revents == 0) continue;
            const ssize_t got = ::recv(ends[i].fd, bytes.data(), bytes.size(), 0);
            if (got < 0) return;
            if (got == 0) {
                peers[1 - i]->finish();
                ends[i].fd = -1;
                continue;
            }
            Buffer piece(bytes.begin(), bytes.begin() + got);
            if (*changes[i]) (*changes[i])(piece);
            peers[1 - i]->send(piece);
        }
    }
}

}  // namespace sni::test
