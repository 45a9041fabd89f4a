// A command that somebody gave on the command line: started, watched, and its status passed on.
#pragma once

#include <chrono>
#include <cstddef>
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

/// What a command printed on stdout, and how it ended.
struct Captured {
    std::string out;
    int status = 0;  ///< 128 + N when signal N ended it
    int signal = 0;  ///< N then
    bool late = false;
    bool interrupted = false;  ///< a signal to stop came for us meanwhile
};

/// What becomes of those that a command started and that outlive it, in its process group.
enum class Leftovers { left, ended };

/// Runs `command` with nothing on stdin, in a process group of its own, and gathers what it prints
/// until it ends, `most` bytes of it; the rest is read and dropped. `quiet` drops its stderr. What
/// is still there after `within`, or when somebody ends this process, is killed, with all that it
/// started in its group. Throws as run_child().
Captured run_captured(const std::vector<std::string>& command, const Environment& extra,
                      std::chrono::milliseconds within, std::size_t most, bool quiet,
                      Leftovers leftovers = Leftovers::left);

}  // namespace sni::cli
