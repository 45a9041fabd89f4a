// How a peer that vanished without a word is found out: a dead machine, a NAT that forgot.
#pragma once

#include <chrono>

namespace sni::net {

struct Liveness {
    /// So long no byte goes either way before the kernel asks both peers whether they are still
    /// there (start_keepalive()); it asks nine times (tcp_keepalive_probes), an eighth of that
    /// apart. Whole seconds; 0: never.
    std::chrono::milliseconds keepalive{0};
    /// So long what was sent may stay unacknowledged, and a receiver's window shut
    /// (TCP_USER_TIMEOUT); 0: as the kernel has it, about 15 minutes, and a shut window for ever.
    std::chrono::milliseconds user_timeout{0};
    bool operator==(const Liveness&) const = default;
};

/// Of a connection, or of a listener, whose connections inherit it at no cost. What the kernel does
/// not know is left.
void set_user_timeout(const Liveness& liveness, int fd);

/// Asks a peer that has been silent for `keepalive` at once, and later ones after as long. Only for
/// connections that are quiet: most end before they would need it, and its timer costs each of them
/// three system calls.
void start_keepalive(const Liveness& liveness, int fd);

}  // namespace sni::net
