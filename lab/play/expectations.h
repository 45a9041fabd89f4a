// What a check's expectations say about a report, in the terms of proof/expected_lines.h, which
// judges them. Pure.
#pragma once

#include <string>
#include <vector>

#include "lab/proof/expected_lines.h"
#include "lab/scenario/checks.h"

namespace sni::play {

/// Whoever says in which words a refusal must come needs no alert, reset or close.
proof::ExpectedLines expected_lines(const scenario::Check& wanted);

/// As proof::unmet() has it.
std::vector<std::string> unmet(const scenario::Check& wanted, const proof::Check& found,
                               bool ours = true);

}  // namespace sni::play
