// A server of an Istio Gateway: what several passes ask of it.
#pragma once

#include <cstdint>
#include <string>

#include "lab/routing/listeners/listeners.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

std::uint16_t port_of(const Server& server);
/// Its `bind`; empty where it is every address.
std::string bind_address(const Server& server);
Rule gateway_rule(const Gateway& gateway, const Server& server);

/// Says to `findings` that the lab cannot run a server of its mode or protocol.
void report_unsupported(const Server& server, Findings& findings);

}  // namespace sni::routing
