// Clients that the kernel has not handed out yet. Inside lab/net only.
#pragma once

#include <cstdint>
#include <string_view>

namespace sni::net {

/// True when `table`, whole lines written as proc(5) says of /proc/net/tcp and tcp6, has a
/// connection to the local `port` in the state SYN_RECV. One that TCP_DEFER_ACCEPT keeps back is in
/// it, although its client has connected.
bool shows_half_open(std::string_view table, std::uint16_t port);

/// Asks this machine. True also when it does not say.
bool has_half_open(std::uint16_t port);

}  // namespace sni::net
