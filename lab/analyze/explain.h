// How each code of the analyzer happens and how to mend it, for `sni-lab explain`. What it means is
// the sentence in codes.h.
#pragma once

#include <span>
#include <string_view>

namespace sni::analyze {

struct CodeHelp {
    std::string_view id;
    std::string_view happens;
    std::string_view mend;
};

/// nullptr for what is no code of analyze.
const CodeHelp* find_help(std::string_view id);

// The two halves of the table, each sorted by id. A code without a row fails a test.
std::span<const CodeHelp> istio_help();  ///< IST…
std::span<const CodeHelp> own_help();    ///< X-…

}  // namespace sni::analyze
