// The text of --routes, whatever kind of file it is in.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lab/core/diagnostic.h"
#include "lab/core/result.h"

namespace sni::cli {

/// The whole of `path`. A pipe is read to its end; with `patience` one that has not come to it in
/// that time is given up.
Result<std::string, Diagnostic> read_routes(const std::string& path,
                                            std::optional<std::chrono::milliseconds> patience);

/// A warning when `path` is no file that SIGHUP could read again: a pipe, as <(generate) makes it.
std::optional<Diagnostic> read_once_warning(const std::string& path);

}  // namespace sni::cli
