// What the terminal can show, and where talk goes.
#pragma once

#include <iosfwd>

#include "lab/report/text.h"

namespace sni::cli {

/// True when `stream` is this process's own stdout or stderr, and that is a terminal.
bool is_terminal(const std::ostream& stream);

/// True when what was written there last can be written over: a terminal that is not dumb.
bool can_write_over(const std::ostream& stream);

/// Colour on a terminal, where NO_COLOR is unset or empty; Unicode when the locale's character set
/// is UTF-8, however it is spelled.
report::Style style_of(const std::ostream& stream);

/// Log lines of the shell go to stderr, "HH:MM:SS level text"; quiet means warnings and worse.
void set_up_logging(bool verbose, bool quiet);

}  // namespace sni::cli
