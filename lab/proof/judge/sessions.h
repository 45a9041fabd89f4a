// The sessions that a backend tells its operator of (--admin, /sessions), read to find ours: where
// no statement came, they show whether the backend was in the conversation at all.
#pragma once

#include <chrono>
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

struct SessionsPage {
    std::vector<BackendSession> sessions;
    /// So far back every session is listed; nothing: the page does not say.
    std::optional<std::chrono::milliseconds> complete_for;
    /// It goes back to the backend's start: none was let go.
    bool from_the_start = false;
    bool operator==(const SessionsPage&) const = default;
};

/// The error is a sentence. Fields beside those that are needed are passed over.
Result<SessionsPage, std::string> parse_sessions(std::string_view page);

/// A handshake was finished, and nothing came after it that could be a statement: only the list can
/// tell now.
bool lacks_statement(const Evidence& e);

/// What the page tells about a connection that sent `hellos` and began so long ago.
SessionLookup look_up(const SessionsPage& page, const std::vector<HelloFacts>& hellos,
                      std::chrono::milliseconds ago);

/// What e.sessions amount to where no statement came.
Line session_list_line(const SessionLookup& lookup, const Evidence& e);

/// The backend does not know of a session that was finished with us: somebody else ends TLS.
bool finished_elsewhere(const Evidence& e);

}  // namespace sni::proof
