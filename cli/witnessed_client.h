// Runs the user's own client beside a witness of ours, and asks the service's witness for each of
// its connections.
#pragma once

#include <chrono>

#include "certs/identity.h"
#include "cli/own_client.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/witnessed_client.h"

namespace sni::cli {

/// As run_own_client(), for any service: `probe.witness` says whom to ask, and the placeholders and
/// variables lead the client to the witness of ours, which leads to the gateway.
proof::WitnessedRun run_witnessed_client(const OwnClient& client, const client::Probe& probe,
                                         const certs::IdentityPublicKey& identity,
                                         std::chrono::milliseconds within);

}  // namespace sni::cli
