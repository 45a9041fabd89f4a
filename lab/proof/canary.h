// Something unusual that is sent beside the proof, on a connection of its own: does it arrive? On
// its own, since the proof's hello has to be an ordinary one. What was asked for and lost forbids
// PROVEN; what was not asked for is not necessary.
#pragma once

#include <string>
#include <string_view>

#include "lab/proof/evidence.h"

namespace sni::proof {

enum class CanaryKind {
    alpn,                ///< an unusual ALPN list in the ClientHello
    client_certificate,  ///< one that was made for this run
};
std::string_view to_string(CanaryKind kind);

struct Canary {
    CanaryKind kind = CanaryKind::alpn;
    std::string token;  ///< the ALPN names, or the certificate's SHA-256 in hex
    Evidence evidence;  ///< of the connection that carried it
    bool operator==(const Canary&) const = default;
};

}  // namespace sni::proof
