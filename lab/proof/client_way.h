// Which way the user's own client went. For this folder's .cpp files only; own_client.h is the way
// in.
#pragma once

#include <optional>
#include <vector>

#include "lab/proof/check.h"
#include "lab/proof/own_client.h"

namespace sni::proof {

/// The connection that began with the session's hello as `said` states it; null: none did.
const WitnessedSession* began_with(const ClientWay& way, const Statement& said);

/// Whether what the client showed came by the gateway, and whether that is all that came by it.
/// `shown` are the statements whose exporter one of the client's own sessions has. Another
/// session's hello is another one as a matter of course, so that without any only a client is told
/// of that went by the gateway not at all.
std::optional<Line> way_line(const ClientRun& run, const std::vector<const Statement*>& shown);

}  // namespace sni::proof
