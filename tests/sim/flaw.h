// Faults of a program, put in between it and the kernel, to see that they are found.
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
    forgets_descriptors,  ///< one in eight is never closed
    repeats_byte,         ///< behind a full receiver the last byte is sent again
    swallows_byte,        ///< of what a full receiver did not take
    resets_quietly,       ///< a reset is passed on as an end
    mixes_pipes,          ///< bytes of one pipe come out of another
    ignores_pressure,     ///< counts what a full receiver did not take
    leaves_corked,        ///< what was held back with MSG_MORE is not pushed
    dials_elsewhere,      ///< a wrong address
    keeps_old_routes,     ///< goes by the table from before a reload
};

struct NamedFlaw {
    Flaw flaw;
    std::string_view name;
};

}  // namespace sni::sim
