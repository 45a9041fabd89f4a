// A TCP connection with a deadline, and what becomes of one in the words of the evidence. For this
// folder's .cpp files.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/net/descriptor.h"
#include "lab/proof/evidence.h"

namespace sni::client {

inline std::unexpected<proof::Trouble> trouble(proof::Stage stage, proof::Break how,
                                               std::string detail = {}) {
    return std::unexpected(proof::Trouble{.stage = stage, .how = how, .detail = std::move(detail)});
}

/// What an errno amounts to.
proof::Break break_of(int error);

/// Waits until `fd` is ready or `deadline` has passed; false then.
bool wait_for(int fd, short events, std::chrono::steady_clock::time_point deadline);

/// Tries every address of a name in order; the last one's trouble is told. Non-blocking.
Result<net::Descriptor, proof::Trouble> connect_to(const Endpoint& to,
                                                   std::chrono::steady_clock::time_point deadline);

}  // namespace sni::client
