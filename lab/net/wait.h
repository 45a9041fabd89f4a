// A thread that has nothing else to do waits for descriptors: poll(2).
#pragma once

#include <chrono>
#include <initializer_list>

#include "lab/net/io.h"
#include "lab/net/timer.h"
#include "lab/net/wakeup.h"

namespace sni::net {

/// A deadline that never comes.
inline constexpr Clock::time_point kNever = Clock::time_point::max();

/// A descriptor, and what to wait for of it.
struct Interest {
    int fd = -1;
    Io until = Io::want_read;  ///< or want_write; with anything else there is nothing to wait for
};

/// Three at most. True as soon as one of them is ready, or has an end or an error to tell. False
/// when none was at `deadline`, which is looked at only after them; when `stop` is called; and when
/// one has nothing to wait for.
bool wait_for(std::initializer_list<Interest> any, Clock::time_point deadline,
              const Wakeup* stop = nullptr);

/// Would a write be told now that nobody reads any more? Of a pipe, a socket or a terminal; false
/// of a file.
bool reader_left(int fd);

}  // namespace sni::net
