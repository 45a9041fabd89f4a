// Listening sockets, made so that two programs never share a port by accident.
#pragma once

#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/descriptor.h"

namespace sni::net {

/// A listening socket on `endpoint`: non-blocking, close-on-exec, SO_REUSEADDR, TCP_NODELAY (which
/// accepted sockets inherit). Port 0 takes a free one; local_endpoint() in address.h tells it. A
/// name takes its first address. Throws cannot_listen().
Descriptor bind_listener(const Endpoint& endpoint);

/// `count` sockets that share `endpoint`, one for each thread; the kernel spreads connections over
/// them. The first is bound without SO_REUSEPORT, so that an address somebody else listens on fails
/// as it should; only then the others join it.
std::vector<Descriptor> bind_listeners(const Endpoint& endpoint, unsigned count);

/// Where such a socket is bound, with the real port.
Endpoint bound_to(const Descriptor& listener);

}  // namespace sni::net
