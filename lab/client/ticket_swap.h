// Earns tickets on a direct path to a backend and offers them through a gateway: for services that
// nobody may change. Judges nothing.
#pragma once

#include "lab/client/observe.h"
#include "lab/core/endpoint.h"
#include "lab/proof/evidence.h"

namespace sni::client {

/// Three tickets, each earned for itself and offered once, after one that the direct path itself
/// must take. `probe` says what is asked, and of which gateway.
proof::TicketSwap swap_tickets(const Endpoint& direct, const Probe& probe);

}  // namespace sni::client
