// JSON where YAML's reader would take it for something else, or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sni::yaml {

/// Where the object that `text` begins with ends, if it is JSON: behind its last brace. Else 0.
std::size_t end_of_json_object(std::string_view text);

/// JSON has what UTF-16 writes in two halves in two escapes, and YAML in one, which is shorter: the
/// rest is blanks behind the string, so that everything else stays in its column.
std::string with_whole_escapes(std::string_view json);

}  // namespace sni::yaml
