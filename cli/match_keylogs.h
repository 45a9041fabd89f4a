// What sni-lab match and sni-lab match-keylogs do with two key logs.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "cli/app.h"

namespace sni::cli {

struct KeyLogOptions {
    std::optional<std::size_t> expect;
    bool json = false;
    bool quiet = false;  ///< only the sum
};
inline constexpr std::size_t kLargestKeyLog = 16u << 20;

/// Throws Failure(Exit::usage) where both are one file, also by a link: what agrees with itself
/// shows nothing. `hint` says what to name instead.
void refuse_both_sides(const std::string& client, const std::string& service, const char* hint);

/// The texts of two logs. Throws Failure(Exit::usage) for what is none.
Exit run_match_key_logs(const std::string& client, const std::string& backend,
                        const KeyLogOptions& options, Streams io);

}  // namespace sni::cli
