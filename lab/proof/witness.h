// What a witness states about connections that it carried: a relay without any TLS key, right
// beside a service or a client, that digests the ciphertext of both directions. Equal ciphertext at
// both ends is passthrough between them, whatever the service and whoever the client is.
// Signing and checking signatures is done outside, with the bytes that witness_bytes() returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/result.h"
#include "lab/proof/statement.h"

namespace sni::proof {

inline constexpr std::string_view kWitnessSchema = "sni-lab/witness/1";
/// Of a line of its log, and of a session on its page.
inline constexpr std::string_view kWitnessedSchema = "sni-lab/witnessed/1";
/// Where its operators' page answers; with a query the answer is a signed statement.
inline constexpr std::string_view kWitnessPath = "/sessions";

/// By the witness's clock.
using Moment = std::chrono::sys_time<std::chrono::milliseconds>;

/// One direction, whole, from its first byte on; a PROXY header is not of it.
struct WitnessedStream {
    static constexpr std::uint64_t kFirstCheckpoint = 1u << 10;

    StreamDigest all;
    /// SHA-256 of its first 1 KiB, its first 2 KiB, and so on, as far as so much has come: so that
    /// a connection that was cut can still be compared.
    std::vector<Digest> checkpoints;
    bool operator==(const WitnessedStream&) const = default;
};

/// What the service's ServerHello and what follows it in the clear showed.
struct WitnessedServer {
    std::string version;       ///< "TLSv1.3"
    std::string cipher_suite;  ///< as IANA has it
    std::string group;         ///< of its key share; empty: none was seen
    bool pre_shared_key = false;
    bool full = false;  ///< see tls::ServerFacts
    bool extended_master_secret = false;
    /// Below TLS 1.3 it handed out a ticket (RFC 5077). Nothing: its handshake was not read to its
    /// end, so nobody knows.
    std::optional<bool> session_ticket = false;
    Digest hello_sha256{};  ///< of the ServerHello
    bool operator==(const WitnessedServer&) const = default;
};

inline constexpr std::string_view kLeft = "left";

/// One connection. What the client chose is as it came, any bytes, and bounded.
struct WitnessedSession {
    std::uint64_t id = 0;
    std::string peer;                         ///< the TCP peer
    std::optional<std::string> proxy_source;  ///< whom a PROXY header names
    Moment began;
    std::optional<Moment> ended;  ///< nothing: it is open
    std::optional<std::string> sni;
    std::vector<std::string> alpn;
    std::string ja4;                  ///< empty: no hello was read
    std::vector<HelloFacts> hellos;   ///< two after a HelloRetryRequest
    bool early_data_offered = false;  ///< by one of them
    /// Of a session that was resumed below TLS 1.3: its client offered a ticket (RFC 5077), and not
    /// only a session's id. Nothing: an older record, which does not say.
    std::optional<bool> ticket_offered;
    /// Bytes before TLS in each direction, as of PostgreSQL's SSLRequest or SMTP's STARTTLS.
    std::uint64_t up_before_tls = 0;
    std::uint64_t down_before_tls = 0;
    std::optional<WitnessedServer> server;
    WitnessedStream up;    ///< from the client
    WitnessedStream down;  ///< from the service
    /// How each side ended, in the words of the router's log: "open", "finished", "reset", … or,
    /// of a client that finished before anything came back and before its service did, kLeft.
    std::string client_end;
    std::string service_end;
    bool operator==(const WitnessedSession&) const = default;
};

/// The ServerHello `there` is the one whose digest was seen here, and with it the keys of the
/// session are those of its two ends alone (RFC 8446 §7.1), where both hellos are the same at both
/// places: TLS 1.3, with (EC)DHE, whose secret nobody else has, whatever ticket he knows. Below it
/// the hellos do not say that.
bool made_one_session(const std::optional<WitnessedServer>& there,
                      const std::optional<Digest>& server_hello_here);

/// Why whoever has the service's keys, or nobody's, could read this connection without touching a
/// byte of it, a sentence's end ("it was resumed …"); nothing when nobody could, or when that is
/// not known.
std::optional<std::string> readable_because(const WitnessedSession& session);
/// Why the handshake that was seen does not tell who could, a clause; nothing: it does. Without a
/// ServerHello it does not, nor with a suite that is not known, nor below TLS 1.3 where nobody
/// knows of tickets, or of the session that was resumed.
std::optional<std::string> unknown_because(const std::optional<WitnessedServer>& server);
/// As many bytes came back as the least ServerHello has, so that where none was found in them
/// nobody knows what they are; an alert has fewer.
bool may_hold_server_hello(const WitnessedStream& down);
/// What is known of a ServerHello where none is told of, a clause.
std::string_view no_server_hello(const WitnessedStream& down);
/// The server gave this session's secret away in a ticket, to whoever has the key of its tickets.
bool gave_ticket(const std::optional<WitnessedServer>& server);

/// A connection in brief: that it was there, and what made it another one.
struct WitnessedHello {
    Moment began;
    std::string peer;
    std::string ja4;
    Digest hello_sha256{};
    bool operator==(const WitnessedHello&) const = default;
};

/// What is asked of a witness.
struct WitnessQuestion {
    Nonce nonce{};
    Digest hello_sha256{};                ///< of the first hello of the session that is looked for
    std::optional<std::string> sni;       ///< that was sent; nothing: none
    std::chrono::milliseconds within{0};  ///< so long ago, at most, it began
    bool operator==(const WitnessQuestion&) const = default;
};

/// The path and query that put it; and what such a query asks, where it is right. The error is a
/// sentence.
std::string to_target(const WitnessQuestion& question);
Result<WitnessQuestion, std::string> parse_witness_query(std::string_view query);

struct WitnessStatement {
    /// More sessions or hellos are counted, and not listed.
    static constexpr std::size_t kSessions = 4;
    static constexpr std::size_t kOthers = 16;

    WitnessQuestion question;
    std::string witness;  ///< what it calls itself
    Moment time;
    /// Of all that began since then it has a record.
    Moment complete_since;
    std::uint64_t let_go = 0;  ///< sessions that are in its record no more
    std::uint64_t matching = 0;
    std::vector<WitnessedSession> sessions;  ///< that began with that hello
    /// That began within that time and said something, in which no hello was found.
    std::uint64_t unread = 0;
    /// That began within that time with another hello for that name; the latest first.
    std::uint64_t other_hellos = 0;
    std::vector<WitnessedHello> others;
    bool operator==(const WitnessStatement&) const = default;

    /// It would have a record of whatever began in the time that was asked about.
    bool complete() const { return time - complete_since >= question.within; }
    /// So that a hello that it did not see did not come: none of those is it that it cannot read.
    bool tells_absence() const { return complete() && unread == 0; }
};

/// The document that is signed, canonical JSON as a statement's; and the strict reader of it.
std::string encode(const WitnessStatement& statement);
Result<WitnessStatement, StatementError> decode_witness(std::string_view document);
/// "sni-lab witness v1\n" and the document.
std::string witness_bytes(std::string_view document);

/// One session as a line of JSON, without its end; match.h reads it.
std::string encode(const WitnessedSession& session);

}  // namespace sni::proof
