// What whoever sits in between can read of a handshake.
#pragma once

#include <string>
#include <string_view>

namespace sni::play {

/// True when the first certificate of `chain_pem` stands readable in `wire`, bytes that came from a
/// server: so it does up to TLS 1.2, and from 1.3 on it does not.
bool shows_certificate(std::string_view wire, const std::string& chain_pem);

}  // namespace sni::play
