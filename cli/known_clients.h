// How clients that many people have are sent to a gateway and asked for the statement. Pure, but
// for the look into PATH.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/own_client.h"

namespace sni::cli {

/// In the order in which help names them.
const std::vector<std::string>& known_clients();

/// The command of a client that is installed; nothing where it is not, or is none of
/// known_clients().
std::optional<OwnClient> known_client(std::string_view name);

}  // namespace sni::cli
