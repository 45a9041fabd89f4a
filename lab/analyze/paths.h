// Paths as reports for other programs have them.
#pragma once

#include <string>
#include <string_view>

namespace sni::analyze {

/// Without "." and with ".." worked out as far as the text tells, so that "./k8s" and "k8s" are one
/// folder and a finding keeps its place.
std::string normal_path(std::string_view path);

}  // namespace sni::analyze
