// Asks a backend's operator page for its sessions: by another way than through the gateway.
#pragma once

#include <chrono>

#include "lab/core/endpoint.h"
#include "lab/proof/evidence.h"

namespace sni::client {

/// Whether the backend whose --admin listens on `admin` tells of a session that began as `probe`
/// did, which is just over. What goes wrong is in the answer.
proof::SessionLookup ask_for_session(const Endpoint& admin, const proof::Evidence& probe,
                                     std::chrono::milliseconds timeout);

}  // namespace sni::client
