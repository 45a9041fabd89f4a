// Where a name ends up, in words.
#pragma once

#include <string>
#include <vector>

#include "lab/diff/diff.h"

namespace sni::diff {

/// "ns/a:443 x1, ns/b:443 x2 (closed)", one "or" the other. Of a Service that leads to other pods
/// on the `other_side` it says which: "ns/a:443 (target port 8443, pods app=a)".
std::string ends_text(const std::vector<End>& ends, const std::vector<End>& other_side);

/// "file:12", by what and why a backend is closed; or why there is no such place.
std::string places_text(const std::vector<End>& ends);

}  // namespace sni::diff
