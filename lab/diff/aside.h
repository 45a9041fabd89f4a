// What of one side takes no part in the comparison: of other gateways' objects what is not read,
// what no gateway of the files takes, since its pods or its Gateway are elsewhere, kinds that
// nobody reads and that may matter, and what makes manifests that nobody looked at.
#pragma once

#include <string>
#include <vector>

#include "lab/diff/diff.h"

namespace sni::diff {

/// In the order of the kinds, and of the files.
std::vector<Aside> asides(const Side& side);
/// What nobody looked at and differs, or may, so that names may go elsewhere all the same: the end
/// of a sentence; empty: nothing.
std::string undecided(const manifest::Manifest& old, const manifest::Manifest& now);

}  // namespace sni::diff
