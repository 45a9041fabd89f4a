// What two witnesses saw of the same connections, beside the clients and beside the service: so a
// team's own end-to-end tests, or a day's traffic, become the proof. Pure.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/core/result.h"
#include "lab/proof/verdict.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// Of a connection that a witness carried what it takes to find it again at another one.
struct Carried {
    std::string sni;  ///< empty: none was sent
    std::string ja4;
    std::string peer;
    Moment began;
    std::optional<Moment> ended;
    Digest hello{};  ///< of its first one; a second one is among the bytes
    std::optional<WitnessedServer> server;
    std::uint64_t before_tls = 0;  ///< bytes of both directions
    WitnessedStream up;
    WitnessedStream down;
    std::string readable;   ///< see readable_because(); empty: nobody could
    bool given_up = false;  ///< by the client, before anything came back
};

/// What one witness recorded.
struct WitnessRecord {
    std::string name;  ///< of the file or page, for messages
    std::vector<Carried> sessions;
    std::size_t not_tls = 0;  ///< connections without a hello, which are not compared
    /// When those of them began that said something, the first first: any may hold a hello that
    /// was not found.
    std::vector<Moment> unread;
    /// Of all that began at or after `since` and ended at or before `until` it has a record;
    /// nothing: it does not say.
    std::optional<Moment> since;
    std::optional<Moment> until;
    /// The same of a log that was begun again: those before, from when until when.
    std::vector<std::pair<Moment, Moment>> earlier;
    bool broke_off = false;    ///< one of those did not end: what was open then is in none
    std::size_t lost = 0;      ///< connections that it has no record of, whenever they were
    std::uint64_t let_go = 0;  ///< of a page: those before `since` that it had once
};

inline constexpr std::string_view kWitnessLogSchema = "sni-lab/witness-log/1";
inline constexpr std::string_view kWitnessPageSchema = "sni-lab/witness-sessions/1";
/// So many bytes a witness's page may have: those of 100,000 sessions that moved much.
inline constexpr std::size_t kLargestWitnessPage = 512u << 20;

/// The first line of a witness's log, and its last when it ends in peace: from when until when it
/// has all that ended. Without a newline.
std::string log_began_line(std::string_view witness, Moment now);
std::string log_ended_line(std::string_view witness, Moment now, std::size_t lost);

/// A witness's log, of any length, with lines of a MiB at most, or its page of 512 MiB at most. A
/// last line that is still being written is passed over, and one that is torn counts as lost. A log
/// that has not ended says of nothing that it was not there, since what is still open is not in it.
/// The error is a sentence that names the line.
Result<WitnessRecord, std::string> read_witness_record(std::string name, std::istream& text);

/// What became of a client's connection on its way.
enum class Fate {
    passed,       ///< every byte is the same at both ends
    readable,     ///< as passed, but who holds the service's keys could read it unseen
    cut,          ///< one session, and what one end has of it is the begin of the other's
    altered,      ///< one session, and yet other bytes arrived
    reencrypted,  ///< it ended on its way, and another one for that name began
    elsewhere,    ///< the service saw neither it nor another one for that name
    incomplete,   ///< the records do not tell
};
std::string_view to_string(Fate fate);
/// What it amounts to in a report, and with that the exit code.
Verdict verdict_of(Fate fate);

struct Matched {
    const Carried* session = nullptr;
    Fate fate = Fate::incomplete;
    std::string why;  ///< a clause; empty for `passed`
};

struct Matching {
    std::vector<Matched> sessions;   ///< of the client's side, in its order
    std::size_t strangers = 0;       ///< connections at the service that none of these explains
    std::uint64_t not_recorded = 0;  ///< of the client's: its record has them no more
    /// Nor has it those that were open when it was read, or when it broke off.
    bool goes_on = false;

    std::size_t count(Fate fate) const;
    /// Those of which the records tell what became of them.
    std::size_t compared() const { return sessions.size() - count(Fate::incomplete); }
};

/// Of a session of either side what is compared.
Carried carried(WitnessedSession session);
/// What became of `here`, with whose hello `there` began; and why, a clause.
std::pair<Fate, std::string> fate_of(const Carried& here, const Carried& there);

/// Finds each connection of `client` at one of `services`, by its hello. All outlive the answer.
Matching match(const WitnessRecord& client, std::span<const WitnessRecord> services);

/// Why nobody may say yes however those fared that were compared, a sentence each: there is none,
/// or fewer than `expected`, or the client's own record has not all of them. One that goes on has
/// enough where so many as were `expected` are in it.
std::vector<std::string> lacking(const Matching& matching, std::optional<std::size_t> expected);
/// The worst fate, and inconclusive where something is lacking.
Exit exit_of(const Matching& matching, std::optional<std::size_t> expected);

}  // namespace sni::proof
