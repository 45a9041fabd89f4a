#include "lab/torture/render.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <span>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/report/junit.h"
#include "lab/torture/counts.h"
#include "lab/torture/remedy.h"

namespace sni::torture {

namespace {

std::string row(std::string_view name, const Counts& counts) {
    const std::size_t all = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    std::string text = fmt::format("{:<8} {:>6}", name, all);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        fmt::format_to(std::back_inserter(text), "  {:>{}}",
                       counts[i] == 0 ? "-" : std::to_string(counts[i]), kColumns[i].size());
    }
    return text + "\n";
}

std::string table(const Run& run) {
    std::string text = fmt::format("{:<8} {:>6}", "group", "shapes");
    for (const std::string_view column : kColumns) {
        fmt::format_to(std::back_inserter(text), "  {}", column);
    }
    text += "\n";
    const std::span<const Finding> findings = run.findings;
    for (std::size_t i = 0; i < findings.size();) {
        const std::string_view group = run.shapes[i].group();
        const std::size_t first = i;
        while (i < findings.size() && run.shapes[i].group() == group) {
            ++i;
        }
        text += row(group, count(findings.subspan(first, i - first)));
    }
    return text + row("all", count(findings));
}

/// A hello that has to pass and was refused is told, too: no red, but clients meet it.
bool is_told(const Shape& shape, const Finding& finding, const Baseline* baseline) {
    return fails(finding, baseline) || is_red(finding.verdict) ||
           finding.verdict == Verdict::unknown ||
           (finding.verdict == Verdict::refused && shape.rule == Rule::must_pass);
}

/// From what it differs, and what shows it again.
std::string differs(const Run& run, std::size_t at, std::string_view indent = {}) {
    const Shape& shape = run.shapes[at];
    const bool unknown = run.findings[at].verdict == Verdict::unknown;
    return fmt::format("{0}{1} {2}: {3}\n{0}{4} --only {5}", indent,
                       unknown ? "asked by" : "differs from", shape.source, printable(shape.about),
                       run.command, shape.name);
}

/// The settings that mend some of what was found, each once.
std::string settings(const Run& run) {
    std::set<std::string_view> all;
    for (const Finding& finding : run.findings) {
        all.insert(remedy(run.product, run.config, finding));
    }
    all.erase("");
    if (all.empty()) return "";
    std::string text =
        fmt::format("\nSettings of {} that mend some of it:\n", printable(run.product));
    for (const std::string_view each : all) {
        fmt::format_to(std::back_inserter(text), "  {}\n", each);
    }
    return text;
}

std::string line(const Run& run, std::size_t at, const Baseline* baseline) {
    const Finding& finding = run.findings[at];
    const bool known = baseline && !fails(finding, baseline);
    return fmt::format("{:<9} {}: {}{}\n{}\n", to_string(finding.verdict), finding.shape,
                       printable(finding.how), known ? " (as in the baseline)" : "",
                       differs(run, at, "          "));
}

}  // namespace

std::string to_text(const Run& run, const Baseline* baseline) {
    std::string text = table(run);
    std::string told;
    for (std::size_t i = 0; i < run.findings.size(); ++i) {
        if (is_told(run.shapes[i], run.findings[i], baseline)) told += line(run, i, baseline);
    }
    if (!told.empty()) text += "\n" + told;
    text += settings(run);
    const auto failing = std::ranges::count_if(
        run.findings, [&](const Finding& finding) { return fails(finding, baseline); });
    const std::size_t unknown = unknown_of(run);
    fmt::format_to(std::back_inserter(text), "\n{} of {} shapes asked, {} fail{}{}\n",
                   run.findings.size(), run.wanted, failing,
                   baseline ? " that did not in the baseline" : "",
                   unknown == 0 ? "" : fmt::format(", {} not known", unknown));
    if (!run.left_out.empty()) {
        fmt::format_to(std::back_inserter(text),
                       "not asked, since ends elsewhere take no orders: {}\n",
                       fmt::join(run.left_out, ", "));
    }
    return text;
}

std::size_t unknown_of(const Run& run) {
    return static_cast<std::size_t>(
        std::ranges::count(run.findings, Verdict::unknown, &Finding::verdict));
}

Exit exit_of(const Run& run, const Baseline* baseline) {
    const Exit exit = exit_of(run.findings, baseline);
    return run.findings.size() == run.wanted ? exit : worse(exit, Exit::inconclusive);
}

std::string to_junit(const Run& run, const Baseline* baseline) {
    using report::TestCase;
    report::TestSuite suite{.name = "sni-lab torture", .cases = {}};
    const auto add = [&](std::string name) -> TestCase& {
        return suite.cases.emplace_back(
            TestCase{.class_name = "sni-lab.torture", .name = std::move(name)});
    };
    for (std::size_t i = 0; i < run.findings.size(); ++i) {
        const Finding& finding = run.findings[i];
        TestCase& test = add(run.shapes[i].name);
        suite.took += test.took = finding.took;
        test.type = to_string(finding.verdict);
        test.message = fmt::format("{}: {}", test.type, finding.how);
        const bool failing = fails(finding, baseline);
        test.outcome = failing                               ? TestCase::Outcome::failure
                       : finding.verdict == Verdict::unknown ? TestCase::Outcome::error
                                                             : TestCase::Outcome::passed;
        test.text = failing ? differs(run, i) : test.message;
        if (const auto mend = remedy(run.product, run.config, finding); failing && !mend.empty())
            test.text += "\nmended by: " + std::string(mend);
    }
    if (const std::size_t missing = run.wanted - run.findings.size(); missing > 0) {
        TestCase& test = add("every shape is asked");
        test.outcome = TestCase::Outcome::error;
        test.type = "inconclusive";
        test.message = fmt::format("{} were not", missing);
    }
    return report::junit_document({std::move(suite)});
}

std::string to_list(const std::vector<Shape>& shapes) {
    std::string text;
    for (const Shape& shape : shapes) {
        fmt::format_to(std::back_inserter(text), "{:<44} {:<11} {} ({})\n", shape.name,
                       to_string(shape.rule), printable(shape.about), shape.source);
    }
    return text;
}

}  // namespace sni::torture
