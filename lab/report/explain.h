// What each code of core/codes.h and each line of a report means, how it happens and how to mend
// it, for `sni-lab explain` and for the page that a report becomes. What the analyzer reports is
// explained in analyze/explain.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sni::report {

struct Explanation {
    std::string_view code;  ///< as in core/codes.h
    std::string_view line;  ///< the line of a report that carries it; empty when none does
    std::string_view means;
    std::string_view happens;
    std::string_view mend;
};

struct LineMeaning {
    std::string_view line;   ///< as a report prints it: "key log"
    std::string_view means;  ///< what it asks, whatever it found
};

/// Every code of core/codes.h, sorted by code.
std::span<const Explanation> explanations();

/// Every line of a report or a scenario's run, sorted by name.
std::span<const LineMeaning> line_meanings();
/// nullptr for what is no line.
const LineMeaning* find_line(std::string_view name);

/// Those of a code ("SL2307", in any case) or of a line ("session"); none when no code belongs to
/// that name.
std::vector<Explanation> explain(std::string_view code_or_line);

/// For a terminal, in lines of at most 96 columns.
std::string to_text(const Explanation& explanation);
std::string to_text(const LineMeaning& meaning);

}  // namespace sni::report
