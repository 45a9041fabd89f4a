#include "lab/play/expectations.h"

namespace sni::play {

namespace {

/// Does the check say in which words a refusal must come?
bool has_words(const scenario::Check& wanted) {
    const scenario::CheckDetails& details = wanted.details;
    return !details.code.empty() || !details.says.empty() || !details.passes.empty() ||
           !details.fails.empty() || !details.router.empty() || details.within.count() != 0;
}

}  // namespace

proof::ExpectedLines expected_lines(const scenario::Check& wanted) {
    return {.passes = wanted.details.passes,
            .fails = wanted.details.fails,
            .code = wanted.details.code,
            .says = wanted.details.says,
            .refusal = !has_words(wanted)};
}

std::vector<std::string> unmet(const scenario::Check& wanted, const proof::Check& found,
                               bool ours) {
    return proof::unmet(expected_lines(wanted), wanted.verdict, found, ours);
}

}  // namespace sni::play
