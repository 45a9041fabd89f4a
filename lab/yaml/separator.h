// What stands between two documents of a YAML stream.
#pragma once

#include <string_view>

namespace sni::yaml {

/// "---" at the start of a line is a separator wherever it stands, with its line's end or a blank
/// behind it (YAML 1.2 §9.1.2). `line` may go on behind its end.
bool is_separator(std::string_view line);

}  // namespace sni::yaml
