// The one judge of what a check's expectations say about a report: verify and scenario run ask it,
// so that they cannot contradict each other. Pure.
#pragma once

#include <string>
#include <vector>

#include "lab/report/report.h"
#include "lab/scenario/checks.h"

namespace sni::play {

/// What did not come as expected, a sentence each: the verdict, the lines, and with a refusal that
/// it was one. The words of a refusal are our router's own: of a gateway that is not ours (`ours`
/// false) they are not expected, nor is the line "own".
std::vector<std::string> unmet(const scenario::Check& wanted, const proof::Check& found,
                               bool ours = true);

}  // namespace sni::play
