// sni-lab certgen --recipe: certificates that must fail. Made anew each time, since a bad
// certificate that lies around is either stale or mistaken for a good one.
#pragma once

#include "cli/certgen.h"

namespace sni::cli {

/// One pair for each recipe and name, in a folder of the recipe's own: STATE/recipes/RECIPE, or
/// OUT/RECIPE; what lies there from before is replaced.
Exit run_recipes(const CertgenOptions& options, Streams io);

}  // namespace sni::cli
