// What is not said: by a rule of the user, by an annotation of the object, or because a baseline
// has it already. How much that was is counted, so that silence is seen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/analyze/analyze.h"
#include "lab/manifest/manifest.h"

namespace sni::analyze {

/// Does `text` fit `pattern`, in which "*" stands for any text and "?" for one byte? In time of
/// their product.
bool fits(std::string_view text, std::string_view pattern);

/// Takes the findings out of `report`, and counts them there. `documents` are the manifest's.
void quieten(Report& report, const Quiet& quiet, const std::vector<manifest::Document>& documents);

}  // namespace sni::analyze
