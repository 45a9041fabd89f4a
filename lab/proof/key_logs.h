// Two key logs side by side (NSS format: what SSLKEYLOGFILE makes curl, browsers and backends
// write): did the client's TLS sessions end at the backend? For clients and services that nobody
// may change. Secrets are compared and never shown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/core/result.h"

namespace sni::proof {

enum class KeyLogMatch {
    same,      ///< the backend has every secret that the client has of this session, and equal
    early,     ///< the same, but for early data: its keys are the ticket's, and of no handshake
    differs,   ///< the same client random, other secrets
    not_seen,  ///< the backend has no session with this client random
    unbound,   ///< nothing that both have of it shows one handshake
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
    /// Lines that tell of no session, in the client's log and in the backend's: labels that are not
    /// known here, such as the RSA lines of OpenSSL, and a last line that is still being written.
    /// Of that one a secret that is cut is compared with nothing.
    std::size_t client_passed_over = 0;
    /// The client's log ends amid a line that may be of a session of its own.
    bool torn = false;
    /// The first line before the last one that is not whole, and may hide a session; 0: none.
    std::size_t torn_line = 0;
    std::size_t backend_torn_line = 0;
    std::size_t backend_passed_over = 0;
    bool operator==(const KeyLogComparison&) const = default;

    std::size_t count(KeyLogMatch match) const;
};

/// Only TLS 1.3 can be `same`: by the exporter's secret or, where a library logs none, by traffic
/// secrets. Who has the key of the backend's tickets can read early data and put other bytes in its
/// place, since no later secret depends on it (RFC 8446 §2.3), so a session with it is `early`.
/// That one was resumed without a key exchange (psk_ke) no log tells. In TLS 1.2 the log has the
/// master secret, and a gateway that holds the certificate's key can give two sessions one of them
/// (the triple handshake, RFC 7627 §1) unless both ends negotiated extended_master_secret and no
/// static RSA, of which a key log tells nothing. The error says that no line of a log is a key
/// log's, or which one is broken where none is whole; secrets are not in it.
Result<KeyLogComparison, std::string> match_key_logs(std::string_view client,
                                                     std::string_view backend);

enum class LooksLike {
    key_log,  ///< some line of it is one of a key log
    nothing,  ///< it has comments alone, or nothing at all
    other,
};
/// What begins with `text`.
LooksLike looks_like(std::string_view text);

/// What one log has of a session that its exporters come from.
struct ExporterSecret {
    bool tls_1_3 = false;
    std::string client_random;  ///< hex
    /// EXPORTER_SECRET, or below TLS 1.3 the master secret; empty: the log has none of this
    /// session.
    std::string hex;
    bool operator==(const ExporterSecret&) const = default;
};

/// Of every session in a client's log, in its order. The error is as match_key_logs() has it, or
/// names a line that is torn.
Result<std::vector<ExporterSecret>, std::string> exporter_secrets(std::string_view client);

/// What a comparison amounts to: yes, no, readable or inconclusive.
struct KeyLogAnswer {
    Exit exit = Exit::inconclusive;
    std::string why;  ///< a sentence
    bool operator==(const KeyLogAnswer&) const = default;
};

/// A key log does not name hosts, so it does not tell which of the client's sessions were for this
/// backend. `expected` does: so many. Without it one of them was, or nobody would ask, and it is
/// known of no more: fewer than that at the backend is a no, and only all of them are a yes.
KeyLogAnswer answer_of(const KeyLogComparison& found, std::optional<std::size_t> expected);

}  // namespace sni::proof
