// Under which names the user's own client came by: SNI decides where a gateway sends a connection,
// so what went by under another name tells nothing of the one that is asked about. For this
// folder's .cpp files only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/proof/check.h"
#include "lab/proof/judge/own_client.h"

namespace sni::proof {

/// Whether a hello with the name `sent` is one for `asked`; without one it is for none.
bool is_for(const std::optional<std::string>& sent, const std::optional<std::string>& asked);

/// As reports have them.
using Names = std::set<std::string>;

/// The client came by under these alone.
Line other_name_line(std::string_view client, const Names& sent,
                     const std::optional<std::string>& asked);
/// It came by under these as well.
Line set_aside_line(const Names& sent, const std::optional<std::string>& asked);

/// One of the client's own sessions has the exporter that is stated for it.
bool has_session(const ClientAnswer& answer, const Statement& said);
/// The expected identity states it.
bool is_own(const ClientAnswer& answer);
/// Another one does, of a session that the client began by the gateway for the name that is asked
/// about, and whose exporter no other session has.
bool is_at_another(const ClientRun& run, const ClientAnswer& answer, const Expectation& expected);

/// The answers that tell of the name that is asked about, in their order, and the names of what
/// tells of others.
struct ToldByName {
    std::vector<const ClientAnswer*> answers;
    Names set_aside;
};

/// Which name another session than the client's was for nobody knows, since whoever ended the
/// client's may send any. So it counts, except where all that went by for that name is shown
/// (`all_shown`) and something else did, too.
ToldByName told_by_name(const ClientRun& run, bool all_shown);

}  // namespace sni::proof
