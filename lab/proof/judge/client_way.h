// Which way the user's own client went, and how it ended. For this folder's .cpp files only;
// own_client.h and witnessed_client.h are the ways in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/proof/check.h"
#include "lab/proof/judge/own_client.h"

namespace sni::proof {

/// What it said without TLS by the way to the gateway was read there by whoever wanted to; nothing
/// where it did not. `plain` connections.
std::optional<Line> plain_line(std::string name, std::string_view client, std::uint64_t plain);

/// It made no TLS connection by the way to the gateway; `ended` as in ClientRun.
Line no_connection_line(std::string name, std::string_view client, std::string_view ended);
/// How it ended, where it did not end well.
std::optional<Line> ended_line(std::string_view ended);

/// The connection that began with the session's hello as `said` states it; null: none did.
const WitnessedSession* began_with(const ClientWay& way, const Statement& said);

/// Whether what the client showed came by the gateway, and whether that is all that came by it.
/// `shown` are the statements whose exporter one of the client's own sessions has. Another
/// session's hello is another one as a matter of course, so that without any only a client is told
/// of that went by the gateway not at all.
std::optional<Line> way_line(const ClientRun& run, const std::vector<const Statement*>& shown);

}  // namespace sni::proof
