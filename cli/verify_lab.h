// Which lab verify looks at: any gateway, the running lab, or one of its own. For verify*.cpp only.
#pragma once

#include "cli/verify_ask.h"

namespace sni::cli {

/// Asks, and says in the report whom.
Asked look(const VerifyOptions& options, const Flags& flags);

}  // namespace sni::cli
