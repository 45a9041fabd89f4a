// The command of `up --once`: started, watched, and its status passed on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/signals.h"
#include "lab/core/diagnostic.h"

namespace sni::cli {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Runs `command` (looked up in PATH) with `extra` added to this process's environment and waits
/// for it; SIGTERM and SIGINT are passed on to it. Its status is the answer, 128 + N when signal N
/// ended it. Throws Failure(Exit::usage) when it cannot be started.
Exit run_child(const std::vector<std::string>& command, const Environment& extra, Signals& signals,
               bool hangup_ends);

}  // namespace sni::cli
