// What two witnesses saw of the same connections, beside the clients and beside the service: so a
// team's own end-to-end tests, or a day's traffic, become the proof. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/proof/match/fate.h"
#include "lab/proof/match/record.h"

namespace sni::proof {

struct Matched {
    const Carried* session = nullptr;
    Fate fate = Fate::incomplete;
    std::string why;  ///< a clause; empty for `passed`
};

struct Matching {
    std::vector<Matched> sessions;   ///< of the client's side, in its order
    std::size_t again = 0;           ///< of the client's: in its record twice, and once in here
    std::size_t strangers = 0;       ///< connections at the service that none of these explains
    std::uint64_t not_recorded = 0;  ///< of the client's: its record has them no more
    /// Nor has it those that were open when it was read, or when it broke off.
    bool goes_on = false;
    /// Its first part is not there, and those that ended in it are in none.
    bool headless = false;
    std::size_t unread = 0;  ///< of the client's: said something in which no hello was found
    /// The client's witness was started again, and nothing has come by it since.
    bool idle_run = false;
    std::size_t in_clear = 0;  ///< sessions in front of whose TLS something was said

    std::size_t count(Fate fate) const;
    /// Those of which the records tell what became of them.
    std::size_t compared() const { return sessions.size() - count(Fate::incomplete); }
};

/// Finds each connection of `client` at one of `services`, by its hello. All outlive the answer.
Matching match(const WitnessRecord& client, std::span<const WitnessRecord> services);

/// Why nobody may say yes however those fared that were compared, a sentence each: there is none,
/// or fewer than `expected`, or the client's own record has not all of them. One that goes on has
/// enough where so many as were `expected` are in it.
std::vector<std::string> lacking(const Matching& matching, std::optional<std::size_t> expected);
/// The worst fate, and inconclusive where something is lacking.
Exit exit_of(const Matching& matching, std::optional<std::size_t> expected);

}  // namespace sni::proof
