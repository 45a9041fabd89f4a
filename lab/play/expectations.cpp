#include "lab/play/expectations.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::play {

namespace {

using proof::Verdict;

bool is_marked(const proof::Check& found, const std::string& name, bool pass) {
    return std::ranges::any_of(found.lines, [&](const proof::Line& line) {
        const bool passes = line.mark == proof::Mark::pass;
        const bool fails = line.mark == proof::Mark::fail || line.mark == proof::Mark::missing;
        return line.name == name && (pass ? passes : fails);
    });
}

std::string routed_text(const proof::Check& found) {
    const auto line = std::ranges::find(found.lines, "routed", &proof::Line::name);
    return line == found.lines.end() ? "nobody said anything" : line->text;
}

/// Does the check say in which words a refusal must come?
bool has_words(const scenario::Check& wanted) {
    const scenario::CheckDetails& details = wanted.details;
    return !details.code.empty() || !details.says.empty() || !details.passes.empty() ||
           !details.fails.empty() || !details.router.empty() || details.within.count() != 0;
}

}  // namespace

std::vector<std::string> unmet(const scenario::Check& wanted, const proof::Check& found,
                               bool ours) {
    std::vector<std::string> all;
    const Verdict expected = wanted.verdict;
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
        std::ranges::find(found.lines, details.code, &proof::Line::code) != found.lines.end();
    if (!details.code.empty() && !coded)
        all.push_back(fmt::format("no line says {}", details.code));
    const bool said = std::ranges::any_of(
        found.lines, [&](const proof::Line& line) { return line.text.contains(details.says); });
    if (!details.says.empty() && !said) {
        all.push_back(fmt::format("no line says \"{}\"", printable(details.says)));
    }
    return all;
}

}  // namespace sni::play
