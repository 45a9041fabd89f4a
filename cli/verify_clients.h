// verify with other clients than ours: the user's own command, or those that are installed, side by
// side. For verify*.cpp only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/identity.h"
#include "cli/own_client.h"
#include "cli/verify.h"
#include "cli/verify_questions.h"
#include "lab/report/report.h"

namespace sni::cli {

/// `-- CMD…` or --clients was given.
bool asks_clients(const VerifyOptions& options);

/// One check for each client. Until `deadline` the gateway may not be there yet. Throws
/// Failure(Exit::usage) for a client that nobody knows, and where none of those that were named is
/// installed.
std::vector<proof::Check> ask_clients(const Question& question,
                                      const certs::IdentityPublicKey& identity,
                                      const VerifyOptions& options,
                                      std::chrono::steady_clock::time_point deadline);

/// Those of --clients that are not installed here, as a line; empty when all are.
std::string missing_clients(const VerifyOptions& options);

/// The checks of --clients side by side: client, JA4, ALPN, TLS, verdict; empty where none was run.
std::string client_table(const report::Report& report);

}  // namespace sni::cli
