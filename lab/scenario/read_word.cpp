#include "lab/scenario/read_word.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"

namespace sni::scenario {

void report_no_word(yaml::Fields& fields, const Text& text, std::string_view what,
                    const std::vector<std::string>& words) {
    const auto near = nearest(text.value.substr(0, 64), words);
    fields.in().error(code::kValue, text.at,
                      fmt::format("there is no {} {}", what, quote(text.value)), {},
                      near ? fmt::format("did you mean {}?", *near)
                           : fmt::format("write one of {}", fmt::join(words, ", ")));
}

}  // namespace sni::scenario
