// What must come of a check beside its verdict, in words that a scenario's checks.yaml uses of a
// report. The one judge of it: verify, scenario run and proof check ask it, so that they cannot
// contradict each other.
#pragma once

#include <string>
#include <vector>

#include "lab/proof/check.h"

namespace sni::proof {

struct ExpectedLines {
    std::vector<std::string> passes;  ///< names of lines
    std::vector<std::string> fails;
    std::string code;  ///< of a line that fails; empty: any
    std::string says;  ///< stands in some line; empty: nothing must
    /// What is not routed must be so by an alert, a reset or a close.
    bool refusal = false;
    bool operator==(const ExpectedLines&) const = default;
};

/// What did not come as expected, a sentence each: the verdict, the lines, and with a refusal that
/// it was one. The words of a refusal are our router's own: of a gateway that is not ours (`ours`
/// false) they are not expected, nor is the line "own".
std::vector<std::string> unmet(const ExpectedLines& wanted, Verdict expected, const Check& found,
                               bool ours = true);

}  // namespace sni::proof
