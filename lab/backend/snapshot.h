// What a backend has done so far and is doing now, as values. How a page shows them is ops.h's
// business.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"

namespace sni::backend {

/// A TLS session whose first bytes have arrived, be it only half a ClientHello.
struct SeenSession {
    enum class Outcome { handshaking, established, failed };

    std::chrono::sys_seconds time;  ///< when it was first seen
    Endpoint peer;                  ///< at the other end of the TCP connection
    /// The client, as a proxy that is believed names it.
    std::optional<Endpoint> proxy_source;
    std::optional<std::string> sni;  ///< as sent, any bytes
    /// Of the first ClientHello, as a statement gives it; nothing when none was whole.
    std::optional<Digest> hello_sha256;
    Outcome outcome = Outcome::handshaking;
    std::string reason;   ///< why it failed, else empty
    std::string version;  ///< "TLSv1.3" when established, else empty
    bool operator==(const SeenSession&) const = default;
};
std::string_view to_string(SeenSession::Outcome outcome);

/// The latest sessions, newest first, and how far back they are all of them.
struct SeenSessions {
    std::vector<SeenSession> sessions;
    std::uint64_t let_go = 0;                   ///< that were there before them
    std::chrono::milliseconds complete_for{0};  ///< what was first seen since then is listed
    bool operator==(const SeenSessions&) const = default;
};

struct Snapshot {
    std::uint64_t connections = 0;  ///< open now, with TLS and without
    std::uint64_t max_connections = 0;
    std::uint64_t held_bytes = 0;       ///< of requests that arrive and answers that leave
    std::uint64_t max_held_bytes = 0;   ///< Limits::held_bytes
    std::uint64_t max_body_bytes = 0;   ///< Limits::body_bytes
    std::uint64_t hello_bytes = 0;      ///< that ClientHellos take that wait
    std::uint64_t max_hello_bytes = 0;  ///< Limits::hello_bytes
    std::uint64_t threads = 0;
    std::uint64_t running = 0;  ///< of them, those that use a core now
    std::uint64_t queued = 0;   ///< connections that wait for a thread
    std::uint64_t accepted = 0;
    std::uint64_t established = 0;  ///< handshakes, resumed ones included
    std::uint64_t resumed = 0;
    std::uint64_t failed = 0;       ///< handshakes
    std::uint64_t crowded_out = 0;  ///< hellos that waited and had to go
    std::uint64_t made_room = 0;    ///< idle connections that had to go
    std::uint64_t over_held = 0;    ///< requests and messages beyond max_held_bytes
    std::uint64_t too_large = 0;    ///< bodies beyond max_body_bytes
    /// By the first digit of their status; the first of all: faults on request, which are none.
    std::array<std::uint64_t, 6> answers{};
    std::uint64_t answer_bytes = 0;  ///< heads and bodies, before TLS
    std::uint64_t cut_answers = 0;   ///< of which the client did not get all
};

}  // namespace sni::backend
