// What one witness recorded, as its log or its page has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/core/result.h"
#include "lab/proof/match/fate.h"

namespace sni::proof {

/// A log that is moved away goes on in another file.
struct LogPart {
    Moment run;  ///< when its witness was started, which tells its runs apart
    std::uint64_t number = 0;
    bool follows(const LogPart& other) const {
        return run == other.run && number == other.number + 1;
    }
};

/// One witness, from its start to its end.
struct WitnessRun {
    std::string witness;
    Moment began;
    bool operator==(const WitnessRun&) const = default;
};

struct WitnessRecord {
    std::string name;              ///< of the file or page, for messages
    std::string witness;           ///< what it calls itself, in a log's last mark
    std::optional<LogPart> part;   ///< the last one that was begun
    std::vector<WitnessRun> runs;  ///< those that wrote it, as far as they say so
    std::vector<Carried> sessions;
    std::size_t not_tls = 0;  ///< connections without a hello, which are not compared
    /// When those of them began that said something, the first first: any may hold a hello that
    /// was not found.
    std::vector<Moment> unread;
    /// When those of them began whose service took no connection, the first first: nothing is read
    /// before that.
    std::vector<Moment> unreached;
    /// Of all that began at or after `since` and ended at or before `until` it has a record;
    /// nothing: it does not say.
    std::optional<Moment> since;
    std::optional<Moment> until;
    /// The same of a log that was begun again: those before, from when until when.
    std::vector<std::pair<Moment, Moment>> earlier;
    bool headless = false;     ///< a log whose first part is not the first of its witness's
    bool broke_off = false;    ///< one of those did not end: what was open then is in none
    bool mixed = false;        ///< more than one witness wrote it: nobody knows which was there
    std::size_t lost = 0;      ///< connections that it has no record of, whenever they were
    std::uint64_t let_go = 0;  ///< of a page: those before `since` that it had once
    std::size_t older = 0;     ///< taken out by leave_out_before()
};

/// What began before `moment` is compared with nothing, as of a log that earlier runs wrote to.
void leave_out_before(WitnessRecord& record, Moment moment);

inline constexpr std::string_view kWitnessLogSchema = "sni-lab/witness-log/1";
inline constexpr std::string_view kWitnessPageSchema = "sni-lab/witness-sessions/1";
/// So many bytes a witness's page may have: those of 100,000 sessions that moved much.
inline constexpr std::size_t kLargestWitnessPage = 512u << 20;

/// The first line of a witness's log, and its last when it ends in peace: from when until when it
/// has all that ended. Without a newline.
std::string log_began_line(std::string_view witness, Moment now, std::optional<LogPart> part = {});
std::string log_ended_line(std::string_view witness, Moment now, std::size_t lost);

/// A witness's log, of any length, with lines of a MiB at most, or its page of 512 MiB at most. A
/// last line that is still being written is passed over, and one that is torn counts as lost. A log
/// that has not ended says of nothing that it was not there, since what is still open is not in it.
/// The error is a sentence that names the line.
Result<WitnessRecord, std::string> read_witness_record(std::string name, std::istream& text);

}  // namespace sni::proof
