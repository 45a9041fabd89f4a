// One simulated TCP connection: the program has one end of it, a peer the other.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "lab/core/endpoint.h"
#include "tests/sim/source.h"

namespace sni::sim {

using Time = std::chrono::nanoseconds;

struct Conn {
    enum class State {
        planned,     ///< a client that has not come yet
        waiting,     ///< in the listener's queue
        connecting,  ///< dialled, and not answered
        open,
        refused,
    };

    unsigned id = 0;
    bool client = false;
    Endpoint peer;
    std::string about;  ///< what it says, in a few words
    State state = State::planned;
    int fd = -1;  ///< of the program's end, while it is open

    // From the peer.
    Source says;
    std::uint64_t arrived = 0;  ///< with the program's kernel
    std::uint64_t taken = 0;    ///< that the program read
    std::uint64_t window = 0;   ///< the most that may have arrived and not been taken
    /// A read stops here once, as at a byte that was sent out of band.
    std::uint64_t mark = std::numeric_limits<std::uint64_t>::max();
    bool ended = false;  ///< its end has arrived, behind all that did
    bool reset = false;  ///< by the peer
    int error = 0;       ///< that the program was not told of yet

    // To the peer.
    std::uint64_t accepted = 0;   ///< that the kernel took from the program
    std::uint64_t delivered = 0;  ///< that the peer read
    std::uint64_t corked = 0;     ///< of what was accepted: kept back until it is pushed
    std::uint64_t room = 0;       ///< for what was accepted and not delivered
    bool full = false;            ///< the program was told so, and waits for room
    bool squeezed = false;        ///< there is no room for a while, whatever `room` says
    bool shut = false;            ///< the program has finished sending
    bool closed = false;          ///< the program's end is gone
    bool aborted = false;         ///< with a reset
    bool one_end = true;          ///< to end twice, or to write behind an end, is wrong
    bool heard_end = false;       ///< the peer read it
    bool heard_reset = false;

    // What the peer is going to do.
    std::uint64_t speaks_after = 0;                                      ///< it has read so much
    std::uint64_t stops_at = std::numeric_limits<std::uint64_t>::max();  ///< says no more than that
    bool finishes = false;       ///< ends when it has said all
    bool finishes_last = false;  ///< only after it has read an end
    bool may_reset = false;
    int reset_by = ECONNRESET;   ///< what the program hears of a reset
    int refusal = ECONNREFUSED;  ///< and of a refusal
    bool may_stall = false;
    bool stalled = false;
    enum class Answer { at_once, later, refuses_at_once, refuses, never } answer = Answer::at_once;

    // What is known of it.
    Conn* partner = nullptr;  ///< the other end of a relay
    Time since{};             ///< when it was accepted, or began to be dialled
    Time moved{};             ///< when the program last read or wrote on it; later if it slept
    Time worked{};            ///< the same, even if it slept
    Time read_at{};           ///< when the program last read on it
    bool spliced = false;     ///< that went into a pipe
    Time written_at{};        ///< when it last took bytes from the program
    std::uint64_t came = 0;   ///< Kernel::rounds(), where that was between two of its steps

    /// All that the peer will have said in the end.
    std::uint64_t said() const { return std::min(says.size(), stops_at); }
    std::uint64_t unread() const { return arrived - taken; }
    std::uint64_t undelivered() const { return accepted - delivered; }
    bool stuck() const { return full || squeezed; }
};

}  // namespace sni::sim
