// Asks a witness's page what became of a connection, and reads what it signed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "certs/identity.h"
#include "lab/core/endpoint.h"
#include "lab/net/timer.h"
#include "lab/proof/evidence.h"

namespace sni::client {

/// Checks the signature first, and parses only what the identity signed. An envelope that names an
/// identity is no witness's.
proof::ProofAnswer read_witness(std::string_view envelope,
                                const certs::IdentityPublicKey& identity);

/// A connection as its own end knows it.
struct Carrying {
    Digest hello_sha256{};  ///< of its first hello
    std::optional<std::string> sni;
    std::uint64_t sent = 0;        ///< bytes that went up
    net::Clock::time_point began;  ///< not after its first byte
};

struct WitnessReply {
    proof::WitnessQuestion question;  ///< the last one
    std::optional<std::string> envelope;
    std::string no_envelope;  ///< why there is none
    proof::ProofAnswer answer;

    /// What it carried of that connection; null when it knows of none, or of more than one, or
    /// answers another question.
    const proof::WitnessedSession* session() const;
};

/// Under a fresh nonce; again while not all that was sent has come there, until `deadline`: it may
/// be on its way.
WitnessReply ask_witness(const Endpoint& witness, const Carrying& connection,
                         const certs::IdentityPublicKey& identity, net::Clock::time_point deadline);

}  // namespace sni::client
