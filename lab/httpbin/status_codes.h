// The {codes} of /status/{codes}: one code, or a list to choose from.
#pragma once

#include <string_view>
#include <vector>

#include "lab/core/result.h"

namespace sni::httpbin {

struct WeightedCode {
    int code;
    double weight = 1;
    bool operator==(const WeightedCode&) const = default;
};

enum class StatusCodesError { invalid };

/// "418", "200,503" or "200:3,503:0.5"; a weight needs a list. Codes are 200 to 599: a 1xx is no
/// final answer, and others break clients.
Result<std::vector<WeightedCode>, StatusCodesError> parse_status_codes(std::string_view text);

/// `chance` in [0, 1) picks one in proportion to its weight; a weight of 0 is never chosen.
int choose(const std::vector<WeightedCode>& codes, double chance);

}  // namespace sni::httpbin
