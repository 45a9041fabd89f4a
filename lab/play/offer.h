// What the client of a check offers that an ordinary one does not: ALPN names, a certificate,
// extensions that make its ClientHello large, late or strange.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "certs/issue.h"
#include "lab/scenario/checks.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sni::play {

/// True when this machine's OpenSSL makes a real post-quantum key share (X25519MLKEM768).
bool knows_post_quantum();

/// The names that the check's client offers, for client::Offer::alpn. "random" among them becomes a
/// token that nobody can know beforehand: it proves that the list arrived.
std::vector<std::string> alpn_of(const scenario::CheckClient& client);

/// For client::Dial::prepare. `certificate` is offered when there is one. A client that verifies
/// does so for the name `sni`, and trusts `ca_pem`.
std::function<void(ssl_ctx_st*)> offer_of(const scenario::CheckClient& client,
                                          const certs::CertBundle* certificate,
                                          const std::optional<std::string>& sni,
                                          const std::optional<std::string>& ca_pem);

}  // namespace sni::play
