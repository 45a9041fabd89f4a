// Which lab verify looks at: any gateway, the running lab, or one of its own. For verify*.cpp only.
#pragma once

#include <iosfwd>

#include "cli/signals.h"
#include "cli/verify_ask.h"

namespace sni::cli {

/// Asks, and says in the report whom.
Answers look(const VerifyOptions& options, const Flags& flags);
/// The same; a signal to stop ends it, and with it this process: see ask_until_stopped().
Answers look_until_stopped(const VerifyOptions& options, const Flags& flags, Signals& signals,
                           std::ostream& out);

}  // namespace sni::cli
