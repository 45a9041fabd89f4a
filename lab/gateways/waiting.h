// A thread of a gateway waits for its connection's sides. For .cpp files of this folder only.
#pragma once

#include <string_view>

#include "lab/net/wait.h"
#include "lab/session/channel.h"

namespace sni::gateways {

/// How long either side may be silent before it is relayed.
inline constexpr std::chrono::milliseconds kPatience{10'000};

/// Until `side` is ready as `io` says; false when there is nothing more to do: it is over, or
/// silent, or `stop` is called. So do the others.
bool wait_for(const session::Channel& side, net::Io io, const net::Wakeup& stop);
bool handshake(session::Channel& side, const net::Wakeup& stop);
/// All of it.
bool write_all(session::Channel& side, std::string_view bytes, const net::Wakeup& stop);

}  // namespace sni::gateways
