// How a peer that vanished without a word is found out: a dead machine, a NAT that forgot.
#pragma once

#include <chrono>

namespace sni::net {

/// Options of a connection, or of a listener, whose connections inherit them at no cost.
struct Liveness {
    /// So long a connection is silent before the kernel asks whether the peer is still there; it
    /// asks nine times (tcp_keepalive_probes), an eighth of that apart. Whole seconds; 0: never.
    std::chrono::milliseconds keepalive{0};
    /// So long what was sent may stay unacknowledged, and a receiver's window shut
    /// (TCP_USER_TIMEOUT); 0: as the kernel has it, about 15 minutes, and a shut window for ever.
    std::chrono::milliseconds user_timeout{0};
    bool operator==(const Liveness&) const = default;
};

/// For a TCP socket; what the kernel does not know is left.
void apply(const Liveness& liveness, int fd);

}  // namespace sni::net
