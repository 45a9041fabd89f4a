// Runs the user's own client as verify's probe: told where to go, watched by its key log, asked for
// what it printed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "certs/identity.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/own_client.h"

namespace sni::cli {

/// A command line, and what people call it. In its words {url} is the statement's, with our nonce;
/// {host}, {port} and {path} are the URL's; {connect}, or {proxy}, is the ADDRESS:PORT to connect
/// to, which leads to the gateway through a witness of ours; {keylog} is the file for its key log,
/// {folder} a private one for whatever else it needs.
struct OwnClient {
    std::string name;
    std::vector<std::string> command;
    bool quiet = false;  ///< what it says on stderr is dropped
};

/// The command of `-- CMD…`, called by its program's name.
OwnClient own_client(std::vector<std::string> command);

/// The key of a certificate that is served at `to` is `identity`, seen by a handshake of our own,
/// or else why none was seen, a word or two. The address that took the connection is put into
/// `taken`.
Result<bool, std::string> is_served(const Endpoint& to, const client::Probe& probe,
                                    const certs::IdentityPublicKey& identity,
                                    std::optional<Endpoint>* taken = nullptr);

/// Runs it once, for `within` at most, under SSLKEYLOGFILE and with SNI_LAB_CONNECT_TO,
/// SNI_LAB_RESOLVE and SNI_LAB_HOST_RULES, which are the values of curl's --connect-to and
/// --resolve and of Chromium's --host-resolver-rules. Key log and folder are gone when it returns.
/// Throws Failure(Exit::usage) when the command cannot be started.
proof::ClientRun run_own_client(const OwnClient& client, const client::Probe& probe,
                                const certs::IdentityPublicKey& identity,
                                std::chrono::milliseconds within);

}  // namespace sni::cli
