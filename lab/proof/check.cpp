#include "lab/proof/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::proof {

std::string_view to_string(Mark mark) {
    switch (mark) {
        case Mark::pass:
            return "pass";
        case Mark::fail:
            return "fail";
        case Mark::missing:
            return "missing";
        case Mark::info:
            break;
    }
    return "info";
}

Verdict worst_of(const std::vector<Line>& lines) {
    Verdict verdict = Verdict::proven;
    for (const Line& line : lines) {
        verdict = worse(verdict, line.verdict);
    }
    return verdict;
}

std::string Check::where() const {
    return address && *address != gateway ? fmt::format("{} ({})", gateway, *address) : gateway;
}

Path Check::path() const {
    const auto found = [&](Verdict any) {
        return std::ranges::find(lines, any, &Line::verdict) != lines.end();
    };
    auto session = std::ranges::find(lines, "session", &Line::name);
    if (session == lines.end()) session = std::ranges::find(lines, "witness", &Line::name);
    const bool seen_session = session != lines.end() && seen.client_tls.has_value();
    if (found(Verdict::terminated)) {
        if (!seen_session || session->verdict != Verdict::terminated) return Path::ended;
        if (session->code == code::kNoTlsAtBackend) return Path::plain;
        // Nothing of it came to that witness: what is behind, and where, nobody saw.
        return session->code == code::kWitnessSawNothing ? Path::ended : Path::split;
    }
    if (found(Verdict::altered)) return Path::altered;
    if (found(Verdict::inconclusive) || found(Verdict::report_altered)) return Path::unknown;
    const bool whole =
        seen_session && (session->mark == Mark::pass || session->verdict == Verdict::readable);
    if (!whole) return Path::unknown;
    return found(Verdict::readable) ? Path::readable : Path::whole;
}

Verdict Check::counted() const {
    if (refused_as_expected()) return Verdict::proven;
    const bool let_in = expected == Verdict::not_routed && seen.client_tls.has_value();
    const bool harmless = verdict == Verdict::proven || verdict == Verdict::not_routed;
    if (let_in && harmless) return Verdict::unexpected_answer;
    if (verdict == Verdict::proven && expected != Verdict::proven)
        return Verdict::unexpected_answer;
    const bool as_expected = !unmet || unmet->empty();
    if (verdict == Verdict::proven && !as_expected) return Verdict::unexpected_answer;
    return verdict;
}

std::string Check::beside_expectation() const {
    if (expected == Verdict::proven && (!unmet || unmet->empty())) return "";
    if (unmet && !unmet->empty()) return unmet->front();
    if (verdict != expected) {
        return fmt::format("expected {}, found {}", to_string(expected), to_string(verdict));
    }
    if (expected == Verdict::not_routed && !refused && !unmet) {
        const auto routed = std::ranges::find(lines, "routed", &Line::name);
        return fmt::format("not refused by an alert, a reset or a close, as it must be{}",
                           routed == lines.end() || routed->mark == Mark::pass
                               ? ""
                               : ", but: " + printable(routed->text));
    }
    return "as the scenario expects";
}

}  // namespace sni::proof
