// Who holds a port that we cannot have, and the message that says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "lab/core/diagnostic.h"
#include "lab/core/endpoint.h"

namespace sni::net {

/// A process that listens; `command` is its name as ps shows it, and may be empty.
struct PortOwner {
    pid_t pid = 0;
    std::string command;
    bool operator==(const PortOwner&) const = default;
};

/// The process that listens on `endpoint`, or on its port at every address. Nothing when there is
/// none, when it belongs to another user (whose descriptors only root may see), or when the search
/// takes too long.
std::optional<PortOwner> port_owner(const Endpoint& endpoint);

/// What to throw when bind() or listen() on `endpoint` failed with the errno `error`. `chosen_by`
/// as in bind_listener().
Failure cannot_listen(const Endpoint& endpoint, int error, std::string_view chosen_by);

}  // namespace sni::net
