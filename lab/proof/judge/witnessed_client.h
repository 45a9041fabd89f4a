// The user's own client as the probe of any service: a witness of ours stood on its way, and the
// service's witness was asked for each of its connections. Whoever ran it gathered this; nothing in
// here is a conclusion before judge_witnessed().
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/proof/check.h"
#include "lab/proof/evidence.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// One connection of the client's, and what the service's witness says of it.
struct WitnessedPair {
    WitnessedSession here;
    WitnessQuestion question;
    ProofAnswer answer = NoStatement{};
    bool operator==(const WitnessedPair&) const = default;
};

struct WitnessedRun {
    std::string client;  ///< as people call it: "psql"
    Endpoint gateway;
    std::optional<Endpoint> address;  ///< of the gateway's, the one that the client was sent to
    std::optional<std::string> sni;   ///< that was asked about; each connection has its own
    std::string ended;                ///< "ended with status 35"; empty: well
    std::vector<WitnessedPair> connections;  ///< those with TLS
    std::size_t not_tls = 0;                 ///< those without
    std::size_t plain = 0;                   ///< of those: that said something
    std::uint64_t let_go = 0;                ///< earlier ones, more than are remembered
    bool identity_served = false;            ///< as Evidence has it
    std::string served_unseen;               ///< why that is not known; empty: it is
    std::chrono::milliseconds took{0};
    bool operator==(const WitnessedRun&) const = default;
};

/// PROVEN needs that the client made a TLS connection for that name, and of each that exactly one
/// at the service's witness began with its hello and carried the same bytes, which nobody with the
/// service's keys can read unseen. Those for other names decide nothing.
Check judge_witnessed(const WitnessedRun& run, const Expectation& expected, std::string name);

}  // namespace sni::proof
