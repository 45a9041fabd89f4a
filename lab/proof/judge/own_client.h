// The user's own client as the probe: it asked a backend for the statement over our nonce, and its
// key log holds what the exporters of its sessions come from. Whoever ran it gathered this; nothing
// in here is a conclusion before judge_client().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/proof/check.h"
#include "lab/proof/evidence.h"
#include "lab/proof/statement.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// One TLS session of the client's, as its key log has it.
struct ClientSession {
    bool tls_1_3 = false;
    /// With kExporterLabel and our nonce, below TLS 1.3 by the server's random that the backend
    /// stated: where that is not the session's own, it is another exporter. Nothing where none was
    /// stated, below TLS 1.2, and where the client wrote no secret.
    std::optional<Digest> exporter_sha256;
    bool operator==(const ClientSession&) const = default;
};

/// What it printed in answer to one connection, beside its key log.
struct ClientAnswer {
    ProofAnswer answer = NoStatement{};
    std::vector<ClientSession> sessions;
    bool operator==(const ClientAnswer&) const = default;
};

/// What of it went by on the way to the gateway, where a witness of ours stood.
struct ClientWay {
    std::vector<WitnessedSession> connections;  ///< those with a hello
    std::uint64_t let_go = 0;                   ///< earlier ones, more than are remembered
    std::uint64_t plain = 0;                    ///< without a hello, that said something
    bool operator==(const ClientWay&) const = default;
};

struct ClientRun {
    std::string client;  ///< as people call it: "curl"
    Endpoint gateway;
    std::optional<Endpoint> address;  ///< of the gateway's, the one that the client was sent to
    std::optional<std::string> sni;
    std::string request;  ///< the path with our nonce in it
    Nonce nonce{};
    std::optional<ClientWay> way;  ///< nothing: it was not run
    std::string ended;             ///< "ended with status 35"; empty: well
    std::string key_log_error;  ///< why its key log cannot be read; empty: it was, or there is none
    std::vector<ClientAnswer> answers = {ClientAnswer{}};  ///< one at least
    bool identity_served = false;  ///< as Evidence has it, seen on a connection of our own
    std::string served_unseen;     ///< why that is not known; empty: it is
    std::chrono::milliseconds took{0};
    bool operator==(const ClientRun&) const = default;
};

/// PROVEN needs, of each connection for that name that went by the gateway, a statement over our
/// nonce by the expected identity, one of the client's own sessions with the very exporter that it
/// states, forward secrecy, a full handshake and no key log at the backend; and that each such
/// session's hello went by the gateway. An exporter that none of the client's sessions has is
/// TERMINATED. What went by for other names tells nothing of that one, and shows nothing alone.
Check judge_client(const ClientRun& run, const Expectation& expected, std::string name);

/// The envelopes in what a client printed, each once: a page, a dump or an answer with its head
/// around them do not matter, since the signature decides.
std::vector<std::string> find_envelopes(std::string_view output);

}  // namespace sni::proof
