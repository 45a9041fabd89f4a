// Does a connection to an address come back to a listener of this process?
#pragma once

#include "lab/core/endpoint.h"

namespace sni::net {

/// True when dialling `to`, an address (names are resolved before), reaches a listener that is
/// bound to `listening`: by its very address, by any of this machine's when it listens on all of
/// them, written as IPv6 or not. False for Unix paths, and for what some other machine sends back.
bool leads_to(const Endpoint& to, const Endpoint& listening);

}  // namespace sni::net
