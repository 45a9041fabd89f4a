// What each code that a report can print means, how it happens and how to mend it: one table, for
// `sni-lab explain` and for the page that a report becomes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sni::report {

struct Explanation {
    std::string_view code;  ///< as in core/codes.h
    std::string_view line;  ///< the line of a report that carries it
    std::string_view means;
    std::string_view happens;
    std::string_view mend;
};

/// Sorted by code.
std::span<const Explanation> explanations();

/// Those of a code ("SL2307", in any case) or of a line ("session"); none when nothing is known by
/// that name.
std::vector<Explanation> explain(std::string_view code_or_line);

/// For a terminal, in lines of at most 96 columns.
std::string to_text(const Explanation& explanation);

}  // namespace sni::report
