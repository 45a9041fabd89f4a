// A lab that goes on when the command that started it has returned.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cli/app.h"

namespace sni::cli {

/// Told once, with what the parent shall print. Throws Failure when nobody is left to print it.
using Ready = std::function<void(const std::string&)>;

/// What the child runs. It calls `ready` once, with what the parent shall print, and returns when
/// the lab is over.
using Detached = std::function<Exit(std::ostream& err, const Ready& ready)>;

/// Forks a process of its own session, without terminal, that runs `work` and never returns here;
/// its stderr goes to the lab's log. The parent prints what `work` says and returns when it is
/// ready or has failed; a failure is told on stderr and, with `json`, as a document on stdout. Must
/// be called while this process has one thread.
Exit detach(const std::filesystem::path& state, Streams io, bool json, const Detached& work);

}  // namespace sni::cli
