// What the verdicts are called, which is worse, and what fails a run.
#include <algorithm>
#include <iterator>
#include <utility>

#include "lab/torture/judge.h"

namespace sni::torture {

namespace {

int badness(const Finding& finding) {
    if (is_red(finding.verdict)) return 2;
    return finding.well ? 0 : 1;
}

/// Among the red ones: what is always wrong comes first, and what a busy machine may do last.
int rank(const Finding& finding) {
    constexpr Verdict kWorstLast[] = {Verdict::right,     Verdict::refused, Verdict::unknown,
                                      Verdict::hung,      Verdict::lost,    Verdict::altered,
                                      Verdict::misrouted, Verdict::crashed};
    const auto at = std::ranges::find(kWorstLast, finding.verdict);
    return 10 * badness(finding) + static_cast<int>(at - std::begin(kWorstLast));
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::right:
            return "right";
        case Verdict::refused:
            return "refused";
        case Verdict::unknown:
            return "unknown";
        case Verdict::misrouted:
            return "misrouted";
        case Verdict::altered:
            return "altered";
        case Verdict::lost:
            return "lost";
        case Verdict::hung:
            return "hung";
        case Verdict::crashed:
            break;
    }
    return "crashed";
}

std::optional<Verdict> verdict_named(std::string_view word) {
    for (const Verdict verdict : kVerdicts) {
        if (to_string(verdict) == word) return verdict;
    }
    return std::nullopt;
}

bool is_red(Verdict verdict) {
    return verdict != Verdict::right && verdict != Verdict::refused && verdict != Verdict::unknown;
}

Finding worse(Finding one, Finding other) {
    return rank(other) > rank(one) ? std::move(other) : std::move(one);
}

bool fails(const Finding& finding, const Baseline* baseline) {
    if (!baseline || finding.verdict == Verdict::unknown) return is_red(finding.verdict);
    const auto before = baseline->find(finding.shape);
    if (before == baseline->end() || before->second.verdict == Verdict::unknown)
        return is_red(finding.verdict);
    const int now = badness(finding);
    const int then = badness(before->second);
    return now > then || (now == 2 && finding.verdict != before->second.verdict);
}

Exit exit_of(const std::vector<Finding>& findings, const Baseline* baseline) {
    const bool any = std::ranges::any_of(
        findings, [&](const Finding& finding) { return fails(finding, baseline); });
    if (any) return Exit::no;
    const bool untold = std::ranges::count(findings, Verdict::unknown, &Finding::verdict) > 0;
    return untold ? Exit::inconclusive : Exit::yes;
}

}  // namespace sni::torture
