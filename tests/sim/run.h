// One run of the router on a kernel that is played, from a tape: what was wrong, if anything was.
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
    std::size_t connections = 0;   ///< that the router accepted
    std::size_t relayed = 0;       ///< of them
    std::uint64_t bytes = 0;       ///< that were passed on
    std::uint64_t refusals = 0;    ///< of memory
    std::int64_t pieces_left = 0;  ///< of it, that the router has not given back
};

Outcome run(Tape& tape, Flaw flaw = Flaw::none, bool traced = false);

/// A shorter tape, and a tamer one, that is wrong as well; after so many tries at most.
std::vector<std::uint32_t> shrink(std::vector<std::uint32_t> tape, Flaw flaw,
                                  std::size_t tries = 3'000);

}  // namespace sni::sim
