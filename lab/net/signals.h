// Threads that signals are none of the business of.
#pragma once

namespace sni::net {

/// Keeps every signal away from the thread that calls it: SIGPIPE of a reader that is gone, and
/// those that the command waits for.
void block_all_signals();

}  // namespace sni::net
