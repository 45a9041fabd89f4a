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

/// For client::Dial::prepare. `certificate` is offered when there is one. A client that verifies
/// does so for the name `sni`, and trusts `ca_pem`.
std::function<void(ssl_ctx_st*)> offer_of(const scenario::CheckClient& client,
                                          const certs::CertBundle* certificate,
                                          const std::optional<std::string>& sni,
                                          const std::optional<std::string>& ca_pem);

}  // namespace sni::play
