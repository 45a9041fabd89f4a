// The handshake of a WebSocket (RFC 6455 §4.2.2); its frames are lab/http's business.
#pragma once

#include <string>
#include <string_view>

namespace sni::httpbin {

/// The value of Sec-WebSocket-Accept for a key.
std::string websocket_accept(std::string_view key);

}  // namespace sni::httpbin
