// The text of a file before yaml-cpp sees a byte of it: what none may hold, and one kind of line
// end. Private to yaml.cpp.
#pragma once

#include <string>
#include <string_view>

#include "lab/yaml/yaml.h"

namespace sni::yaml {

/// False where it holds what no YAML text may; then the findings say what, and where.
bool readable_text(int file, const std::string& text, Findings& findings, const Limits& limits);

/// Without the byte order mark, and with one kind of line end; both leave every line and column
/// where it is.
std::string normalized(std::string_view text);

}  // namespace sni::yaml
