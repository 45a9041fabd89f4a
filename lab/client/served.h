// What is served at an address: a look of our own, for whoever must know that a key is none of
// theirs, or that somebody is there at all.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lab/client/tls_client.h"

namespace sni::client {

/// They are PEM, leaf first: as they come by TLS at once, else behind PostgreSQL's SSLRequest, and
/// also of a handshake that failed behind them, as where a client certificate is demanded. Bounded
/// by `dial.timeout`, both together. The error is the first handshake's. The address that took the
/// first connection is put into `taken`.
Result<std::string, proof::Trouble> served_chain(const Dial& dial,
                                                 std::optional<Endpoint>* taken = nullptr);

/// Waits until somebody takes a TCP connection at `to`, `patience` at most; false when nobody did.
/// Whoever takes it sees it end without a byte.
bool wait_until_taken(const Endpoint& to, std::chrono::milliseconds patience);

}  // namespace sni::client
