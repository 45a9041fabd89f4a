// verify --every: the same questions again and again. For verify*.cpp only.
#pragma once

#include "cli/app.h"
#include "cli/verify.h"
#include "cli/verify_questions.h"

namespace sni::cli {

/// Asks until a signal says stop, or --exit-on-change and something changed; the answer is that of
/// the last round, and 128 and the signal's number where that had to be left without one: see
/// ask_until_stopped().
Exit run_verify_every(const VerifyOptions& options, const Flags& flags, Streams io);

}  // namespace sni::cli
