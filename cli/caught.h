// Whatever was thrown, as a user reads it.
#pragma once

#include <iosfwd>

#include "lab/core/diagnostic.h"

namespace sni::cli {

/// What was thrown, whatever it was, as a command's failure. In a handler only.
Failure caught();

/// Each of its diagnostics, rendered.
void tell(const Failure& failure, std::ostream& err);
/// Tells what was thrown, as far as there is memory for that: for a command that goes on serving.
/// In a handler only.
void tell_caught(std::ostream& err) noexcept;

}  // namespace sni::cli
