// The sessions that a backend tells its operator of (--admin, /sessions), read to find ours: where
// no statement came, they show whether the backend was in the conversation at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/result.h"
#include "lab/proof/check.h"
#include "lab/proof/evidence.h"

namespace sni::proof {

inline constexpr std::string_view kSessionsSchema = "sni-lab/sessions/1";
/// Where an operator's page has them.
inline constexpr std::string_view kSessionsPath = "/sessions";

struct BackendSession {
    Digest hello_sha256{};
    std::string outcome;  ///< "handshaking", "established", "failed"
    bool operator==(const BackendSession&) const = default;
};

/// The error is a sentence. Fields beside those that are needed are passed over.
Result<std::vector<BackendSession>, std::string> parse_sessions(std::string_view page);

/// The proof was asked for, and nothing came that could be a statement: only the list can tell now.
bool lacks_statement(const Evidence& e);

/// What the page tells about a connection that sent `hellos`.
SessionLookup look_up(const std::vector<BackendSession>& sessions,
                      const std::vector<HelloFacts>& hellos);

/// What a lookup amounts to where no statement came.
Line session_list_line(const SessionLookup& lookup);

}  // namespace sni::proof
