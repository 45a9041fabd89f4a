// What `sni-lab explain`, and the page that a report becomes, say of a code and of a line. What
// each code means stands beside it, in the codes.def files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/code_text.h"
#include "lab/core/codes.h"

namespace sni::report {

struct LineMeaning {
    std::string_view line;   ///< as a report prints it: "key log"
    std::string_view means;  ///< what it asks, whatever it found
};

/// Every line of a report or a scenario's run, sorted by name.
std::span<const LineMeaning> line_meanings();
/// nullptr for what is no line.
const LineMeaning* find_line(std::string_view name);

/// Those `among` them of a code (SL2307, in any case) or of a line ("session"); none when no code
/// belongs to that name.
std::vector<CodeText> explain(std::string_view code_or_line,
                              std::span<const CodeText> among = code::texts());

/// For a terminal, in lines of at most 96 columns.
std::string to_text(const CodeText& code);
std::string to_text(const LineMeaning& meaning);

}  // namespace sni::report
