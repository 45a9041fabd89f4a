// Where one document of a YAML stream ends and the next begins, told by lines alone.
#pragma once

#include <string_view>

namespace sni::yaml {

/// "---" at the start of a line is a separator wherever it stands, with its line's end or a blank
/// behind it (YAML 1.2 §9.1.2). `line` may go on behind its end.
bool is_separator(std::string_view line);

/// From line `first` of `text` (counted from 1) up to the separator behind it, or to the end; empty
/// when there is no such line. Part of `text`, which must outlive it.
std::string_view document_from(std::string_view text, int first);

}  // namespace sni::yaml
