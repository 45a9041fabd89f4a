// What of one side takes no part in the comparison: of other gateways' objects what is not read,
// what no gateway of the files takes, since its pods or its Gateway are elsewhere, kinds that
// nobody reads and that may matter, and what makes manifests that nobody looked at.
#pragma once

#include <vector>

#include "lab/diff/diff.h"

namespace sni::diff {

/// In the order of the kinds, and of the files.
std::vector<Aside> asides(const Side& side);
/// Whether what makes manifests that nobody looked at says other things on the two sides, or may.
bool do_makers_differ(const manifest::Manifest& old, const manifest::Manifest& now);

}  // namespace sni::diff
