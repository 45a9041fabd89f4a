#include "lab/proof/verdict.h"

#include <algorithm>

namespace sni::proof {

namespace {

struct Row {
    Verdict verdict;
    std::string_view word;
    std::string_view headline;
    Exit exit;
};

/// From the one that decides first.
constexpr Row kRows[] = {
    {Verdict::not_routed, "not_routed", "NOT ROUTED", Exit::not_routed},
    {Verdict::terminated, "terminated", "TERMINATED BEFORE THE BACKEND", Exit::no},
    {Verdict::report_altered, "report_altered", "REPORT ALTERED", Exit::no},
    {Verdict::altered, "altered", "ALTERED IN TRANSIT", Exit::no},
    {Verdict::unexpected_answer, "unexpected_answer", "UNEXPECTED ANSWER", Exit::no},
    {Verdict::certificate, "certificate", "CERTIFICATE PROBLEM", Exit::certificate},
    {Verdict::inconclusive, "inconclusive", "INCONCLUSIVE", Exit::inconclusive},
    {Verdict::readable, "readable", "PASSED THROUGH, BUT READABLE IN TRANSIT", Exit::readable},
    {Verdict::proven, "proven", "PASSTHROUGH PROVEN", Exit::yes},
};

const Row* row_of(Verdict verdict) {
    return std::ranges::find(kRows, verdict, &Row::verdict);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    return row_of(verdict)->word;
}

std::string spelled(Verdict verdict) {
    std::string text(row_of(verdict)->word);
    std::ranges::replace(text, '_', '-');
    return text;
}

std::optional<Verdict> parse_verdict(std::string_view spelling) {
    for (const Row& row : kRows) {
        if (spelled(row.verdict) == spelling) return row.verdict;
    }
    return std::nullopt;
}

std::string_view headline(Verdict verdict) {
    return row_of(verdict)->headline;
}

Exit exit_of(Verdict verdict) {
    return row_of(verdict)->exit;
}

Verdict worse(Verdict a, Verdict b) {
    return row_of(a) < row_of(b) ? a : b;
}

}  // namespace sni::proof
