#include "lab/play/expectations.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::play {

namespace {

using report::Verdict;

bool is_marked(const report::Check& found, const std::string& name, bool pass) {
    return std::ranges::any_of(found.lines, [&](const report::Line& line) {
        const bool passes = line.mark == report::Mark::pass;
        const bool fails = line.mark == report::Mark::fail || line.mark == report::Mark::missing;
        return line.name == name && (pass ? passes : fails);
    });
}

std::string routed_text(const report::Check& found) {
    const auto line = std::ranges::find(found.lines, "routed", &report::Line::name);
    return line == found.lines.end() ? "nobody said anything" : line->text;
}

}  // namespace

Verdict verdict_of(scenario::ExpectedVerdict expected) {
    switch (expected) {
        case scenario::ExpectedVerdict::proven:
            return Verdict::proven;
        case scenario::ExpectedVerdict::terminated:
            return Verdict::terminated;
        case scenario::ExpectedVerdict::report_altered:
            return Verdict::report_altered;
        case scenario::ExpectedVerdict::not_routed:
            return Verdict::not_routed;
        case scenario::ExpectedVerdict::certificate:
            return Verdict::certificate;
        case scenario::ExpectedVerdict::inconclusive:
            return Verdict::inconclusive;
        case scenario::ExpectedVerdict::readable:
            break;
    }
    return Verdict::readable;
}

bool has_words(const scenario::Check& wanted) {
    const scenario::CheckDetails& details = wanted.details;
    return !details.code.empty() || !details.says.empty() || !details.passes.empty() ||
           !details.fails.empty() || !details.router.empty() || details.within.count() != 0;
}

std::vector<std::string> unmet(const scenario::Check& wanted, const report::Check& found,
                               bool ours) {
    std::vector<std::string> all;
    const Verdict expected = verdict_of(wanted.verdict);
    if (found.verdict != expected) {
        all.push_back(
            fmt::format("expected {}, found {}", to_string(expected), to_string(found.verdict)));
    } else if (expected == Verdict::not_routed && !found.refused && !has_words(wanted)) {
        all.push_back(
            fmt::format("not refused by an alert, a reset or a close, as it must be, but: {}",
                        printable(routed_text(found))));
    }
    const scenario::CheckDetails& details = wanted.details;
    for (const std::string& name : details.passes) {
        // Which certificate the backend holds is known of a lab of ours alone.
        if (!ours && name == "own" && !is_marked(found, name, false)) continue;
        if (!is_marked(found, name, true)) {
            all.push_back(fmt::format("the line \"{}\" does not pass", name));
        }
    }
    for (const std::string& name : details.fails) {
        if (!is_marked(found, name, false)) {
            all.push_back(fmt::format("the line \"{}\" does not fail", name));
        }
    }
    if (!ours && expected == Verdict::not_routed) return all;
    const bool coded =
        std::ranges::find(found.lines, details.code, &report::Line::code) != found.lines.end();
    if (!details.code.empty() && !coded)
        all.push_back(fmt::format("no line says {}", details.code));
    const bool said = std::ranges::any_of(
        found.lines, [&](const report::Line& line) { return line.text.contains(details.says); });
    if (!details.says.empty() && !said) {
        all.push_back(fmt::format("no line says \"{}\"", printable(details.says)));
    }
    return all;
}

}  // namespace sni::play
