#include "lab/proof/expected_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::proof {

namespace {

bool is_marked(const Check& found, const std::string& name, bool pass) {
    return std::ranges::any_of(found.lines, [&](const Line& line) {
        const bool passes = line.mark == Mark::pass;
        const bool fails = line.mark == Mark::fail || line.mark == Mark::missing;
        return line.name == name && (pass ? passes : fails);
    });
}

std::string routed_text(const Check& found) {
    const auto line = std::ranges::find(found.lines, "routed", &Line::name);
    return line == found.lines.end() ? "nobody said anything" : line->text;
}

}  // namespace

std::vector<std::string> unmet(const ExpectedLines& wanted, Verdict expected, const Check& found,
                               bool ours) {
    std::vector<std::string> all;
    if (found.verdict != expected) {
        all.push_back(
            fmt::format("expected {}, found {}", to_string(expected), to_string(found.verdict)));
    } else if (expected == Verdict::not_routed && wanted.refusal && !found.refused) {
        all.push_back(
            fmt::format("not refused by an alert, a reset or a close, as it must be, but: {}",
                        printable(routed_text(found))));
    }
    for (const std::string& name : wanted.passes) {
        // Which certificate the backend holds is known of a lab of ours alone.
        if (!ours && name == "own" && !is_marked(found, name, false)) continue;
        if (!is_marked(found, name, true)) {
            all.push_back(fmt::format("the line \"{}\" does not pass", name));
        }
    }
    for (const std::string& name : wanted.fails) {
        if (!is_marked(found, name, false)) {
            all.push_back(fmt::format("the line \"{}\" does not fail", name));
        }
    }
    if (!ours && expected == Verdict::not_routed) return all;
    const bool coded =
        std::ranges::find(found.lines, wanted.code, &Line::code) != found.lines.end();
    if (!wanted.code.empty() && !coded) all.push_back(fmt::format("no line says {}", wanted.code));
    const bool said = std::ranges::any_of(
        found.lines, [&](const Line& line) { return line.text.contains(wanted.says); });
    if (!wanted.says.empty() && !said) {
        all.push_back(fmt::format("no line says \"{}\"", printable(wanted.says)));
    }
    return all;
}

}  // namespace sni::proof
