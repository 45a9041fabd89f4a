// Which certificates are served at an address: a look by a handshake of our own, for whoever must
// know that a key is none of theirs.
#pragma once

#include <string>

#include "lab/client/tls_client.h"

namespace sni::client {

/// They are PEM, leaf first: as they come by TLS at once, else behind PostgreSQL's SSLRequest, and
/// also of a handshake that failed behind them, as where a client certificate is demanded. Bounded
/// by `dial.timeout`, both together. The error is the first handshake's.
Result<std::string, proof::Trouble> served_chain(const Dial& dial);

}  // namespace sni::client
