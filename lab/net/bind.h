// Listening sockets, made so that two programs never share a port by accident.
#pragma once

#include <string_view>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/descriptor.h"

namespace sni::net {

/// A listening socket on `endpoint`, which nobody else can share: non-blocking, close-on-exec,
/// SO_REUSEADDR, TCP_NODELAY (which accepted sockets inherit). Port 0 takes a free one;
/// local_endpoint() in address.h tells it. A name takes its first address. Throws cannot_listen(),
/// which says that `chosen_by` chooses another address: a flag; empty: nothing does.
Descriptor bind_listener(const Endpoint& endpoint, std::string_view chosen_by = {});

/// The same socket `count` times, one descriptor for each thread. Not a socket for each by
/// SO_REUSEPORT: whoever runs as the same user could join those later and take a share of the
/// clients, and no way was found to close such a group (clearing the option on its members keeps
/// nobody out, and the kernel then gives all clients to one of them).
std::vector<Descriptor> bind_listeners(const Endpoint& endpoint, unsigned count,
                                       std::string_view chosen_by = {});

/// Keeps a port while nobody listens there: who connects is refused, and nobody is given it as a
/// free one, but bind_listener() can listen there meanwhile. Throws cannot_listen().
Descriptor hold_port(const Endpoint& endpoint);

/// Where such a socket is bound, with the real port.
Endpoint bound_to(const Descriptor& listener);

}  // namespace sni::net
