// Where somebody's own client is sent, by which words, and from which folder. For own_client.cpp
// and witnessed_client.cpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cli/child.h"
#include "cli/own_client.h"
#include "lab/core/endpoint.h"

namespace sni::cli {

/// The values of OwnClient's placeholders, and of the variables that tell the same.
struct Directions {
    std::string host;  ///< of the URL
    Endpoint to;       ///< where it is to connect
    std::string path;  ///< of the URL, with its query
    std::string key_log;
    std::string folder;

    std::string url() const;
    Environment environment() const;
    std::string filled_in(std::string_view word) const;

  private:
    /// As a URL has it.
    std::string name() const;
};

/// What a client sends `sni` for; without one that is the address where it connects, for which no
/// client sends SNI (RFC 6066 §3).
std::string host_for(const std::optional<std::string>& sni, const Endpoint& to);

/// Runs `client` on its way, and keeps what it printed, a MiB at most. Throws as run_child().
Captured send(const OwnClient& client, const Directions& way, std::chrono::milliseconds within);

/// How it ended, as a sentence's end: "ended with status 35", "was ended by signal 11 (…)"; empty:
/// well.
std::string ending_of(const Captured& captured, std::chrono::milliseconds within);

/// Throws what ends this process, when somebody ended it while the client ran.
void end_if_interrupted(const Captured& captured, const OwnClient& client);

}  // namespace sni::cli
