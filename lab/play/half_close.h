// A client that has finished sending before its answer comes: whoever relays must keep the other
// direction open.
#pragma once

#include <optional>
#include <string>

#include "lab/core/endpoint.h"

namespace sni::play {

/// One GET over TLS, our end of the connection closed right behind it. Empty when the whole answer
/// came all the same, else why not.
std::string get_half_closed(const Endpoint& gateway, const std::optional<std::string>& sni,
                            const std::string& path);

}  // namespace sni::play
