// One run of the router, or of the backend's sessions, on a kernel that is played, from a tape:
// what was wrong, if anything was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/flaw.h"
#include "tests/sim/tape.h"

namespace sni::sim {

struct Outcome {
    std::string wrong;  ///< empty: nothing
    std::vector<std::string> trace;
    std::uint64_t calls = 0;       ///< system calls that were played
    std::size_t connections = 0;   ///< that were accepted
    std::size_t relayed = 0;       ///< of them, by the router
    std::size_t answers = 0;       ///< that the backend's clients got whole
    std::uint64_t bytes = 0;       ///< that were passed on, or that clients got
    std::uint64_t refusals = 0;    ///< of memory
    std::int64_t pieces_left = 0;  ///< of it, that was not given back
};

using Play = Outcome (*)(Tape& tape, Flaw flaw, bool traced);

/// Runs `once`, and again where pieces of memory are left: only what is left each time is lost.
Outcome run_with(Play once, Tape& tape, Flaw flaw, bool traced);

/// Plays the router.
Outcome run(Tape& tape, Flaw flaw = Flaw::none, bool traced = false);
/// Plays sessions of the backend.
Outcome run_backend(Tape& tape, Flaw flaw = Flaw::none, bool traced = false);

/// The first seed that finds `flaw`, up to `most`; 0: none does.
std::uint64_t found_by(Play play, Flaw flaw, std::uint64_t most);

/// A shorter tape, and a tamer one, that is wrong as well; after so many tries at most.
std::vector<std::uint32_t> shrink(Play play, std::vector<std::uint32_t> tape, Flaw flaw,
                                  std::size_t tries = 3'000);

}  // namespace sni::sim
