// Two key logs side by side (NSS format: what SSLKEYLOGFILE makes curl, browsers and backends
// write): did the client's TLS sessions end at the backend? For clients and services that nobody
// may change. Secrets are compared and never shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/result.h"

namespace sni::proof {

enum class KeyLogMatch {
    same,      ///< the backend has every secret that the client has of this session, and equal
    differs,   ///< the same client random, other secrets
    not_seen,  ///< the backend has no session with this client random
    unbound,   ///< equal, but nothing in it shows one handshake: no exporter or master secret
};
std::string_view to_string(KeyLogMatch match);

struct KeyLogSession {
    std::string client_random;  ///< hex; public, it goes over the wire in the clear
    KeyLogMatch match = KeyLogMatch::not_seen;
    bool tls_1_3 = false;
    bool operator==(const KeyLogSession&) const = default;
};

/// What came of every session in the client's log, in its order.
struct KeyLogComparison {
    std::vector<KeyLogSession> sessions;
    std::size_t backend_sessions = 0;
    bool operator==(const KeyLogComparison&) const = default;

    std::size_t count(KeyLogMatch match) const;
};

/// Comments and empty lines are passed over. The error names the log and the line that is no key
/// log's; secrets are not in it.
Result<KeyLogComparison, std::string> match_key_logs(std::string_view client,
                                                     std::string_view backend);

}  // namespace sni::proof
