// A shape as a capture file, for Wireshark and its like. Pure.
#pragma once

#include <string>

#include "lab/torture/shape.h"

namespace sni::torture {

/// One TCP connection in a pcap file (link type RAW, IPv4): its handshake, the shape's segments as
/// it cuts them, each in a packet as long as one can be, and what the client does behind them.
/// Addresses are those for documentation (RFC 5737); time begins at 0.
std::string to_pcap(const Shape& shape);

}  // namespace sni::torture
