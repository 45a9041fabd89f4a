// Faults of a program, put in between it and the kernel or whoever drives it, to see that they are
// found.
#pragma once

#include <array>
#include <string_view>

namespace sni::sim {

enum class Flaw {
    none,
    loses_end,            ///< an end is not passed on
    ends_early,           ///< and when a receiver is full, before the last bytes
    drops_event,          ///< one event in eight is not looked at
    forgets_deadlines,    ///< waits for ever
    closes_twice,         ///< a descriptor
    forgets_descriptors,  ///< one in four is never closed
    repeats_byte,         ///< behind a full receiver the last byte is sent again
    swallows_byte,        ///< of what a full receiver did not take
    resets_quietly,       ///< a reset is passed on as an end
    mixes_pipes,          ///< bytes of one pipe come out of another
    ignores_pressure,     ///< counts what a full receiver did not take
    leaves_corked,        ///< what was held back with MSG_MORE is not pushed
    dials_elsewhere,      ///< a wrong address
    keeps_old_routes,     ///< goes by the table from before a reload
    forgets_clients,      ///< one that comes in four is not told of
    swallows_alert,       ///< who is refused is not told why
    hurries,              ///< by the program's clock, time passes ten times as fast
    hears_no_end,         ///< a peer's end is not told
    loses_input,          ///< a byte that came is not read
    forgets_turn,         ///< a session that has more to do is not called again
    forgets_room,         ///< nor one that waits for room
    never_expires,        ///< a session's deadline is not looked at
    forgets_look,         ///< nor one whose deadline has come nearer
    closes_half,          ///< a session whose client has ended is closed in the middle of an answer
    expires_early,        ///< a deadline that has moved away counts as it was
};

struct NamedFlaw {
    Flaw flaw;
    std::string_view name;
};

}  // namespace sni::sim
