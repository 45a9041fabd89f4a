// What an operator may set, where the product is known, so that a gateway takes a shape as it
// should. Pure.
#pragma once

#include <string_view>

#include "lab/torture/judge.h"

namespace sni::torture {

/// `product`: a name of peers::Product, or anything; `config`: of a gateway that was started for
/// the run, where "tuned" has them all. Empty when there is no setting that mends it, or nobody
/// knows.
std::string_view remedy(std::string_view product, std::string_view config, const Finding& finding);

}  // namespace sni::torture
