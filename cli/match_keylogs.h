// What sni-lab match and sni-lab match-keylogs do with two key logs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "cli/app.h"

namespace sni::cli {

struct KeyLogOptions {
    std::filesystem::path client;
    std::filesystem::path backend;
    std::optional<std::size_t> expect;
    bool json = false;
};

/// Throws Failure(Exit::usage) for logs that cannot be read.
Exit run_match_key_logs(const KeyLogOptions& options, Streams io);

}  // namespace sni::cli
