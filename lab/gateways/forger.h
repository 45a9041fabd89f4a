// What a gateway that knows this tool does about the proof (A3). It has every byte in plain text
// and the certificate's key; what it lacks is the identity that signs. For .cpp files of this
// folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "certs/identity.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/statement.h"
#include "lab/session/stream_record.h"

namespace sni::gateways {

/// The nonce that `request` asks a statement for; nothing when it asks for something else.
std::optional<proof::Nonce> nonce_asked_for(std::string_view request);

/// `request` with another nonce in it.
std::string with_other_nonce(std::string request);

/// The backend's statement for `nonce`, as it answers on a connection of our own: an envelope.
std::string genuine_envelope(const Endpoint& backend, const std::optional<std::string>& sni,
                             const proof::Nonce& nonce);

/// The backend's envelope, with what its document says about the session replaced by what is true
/// of the session with the client: `client` and its `record`. Signed by `signer`, or with the old
/// signature when there is none.
std::string forged_envelope(const std::string& envelope, ssl_st* client,
                            const session::StreamRecord& record, const certs::Identity* signer);

/// A whole answer with status 200.
std::string answer_with(std::string_view body);

}  // namespace sni::gateways
