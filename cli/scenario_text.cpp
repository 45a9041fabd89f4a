// What scenario run found: for people, for programs, for CI servers.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/scenario.h"
#include "lab/core/encoding.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"

namespace sni::cli {

namespace {

using play::Played;

std::string_view mark_of(const Played& played) {
    if (played.met()) return "ok";
    return played.undecided ? "?" : "NOT MET";
}

std::string lines_of(const Played& played, const std::string& indent) {
    std::string text;
    for (const proof::Line& line : played.check.lines) {
        text += fmt::format("{}{:<7} {:<10} {}{}{}\n", indent, to_string(line.mark),
                            printable(line.name), printable(line.text),
                            line.code.empty() ? "" : " ", line.code);
    }
    return text;
}

std::string sentences(const Played& played, const std::string& indent) {
    std::string text;
    for (const std::string& sentence : played.unmet) {
        text += indent + printable(sentence) + "\n";
    }
    return text;
}

/// What the verdict is called where it was the right one: a scenario may expect TERMINATED.
std::string found(const Played& played) {
    return fmt::format(
        "{}{}", proof::headline(played.check.verdict),
        played.met() && played.expected != proof::Verdict::proven ? ", as it must be" : "");
}

std::string_view word_of(Exit exit) {
    if (exit == Exit::yes) return "passed";
    return exit == Exit::inconclusive ? "inconclusive" : "failed";
}

/// What came of a scenario whose fault was taken out.
std::string_view sentence_of(Exit exit) {
    if (exit == Exit::yes) return "the fault was taken out, and the checks noticed: they can fail";
    return exit == Exit::inconclusive
               ? "the fault was taken out, and whether a check notices could not be decided"
               : "the fault was taken out, and no check noticed: they prove nothing";
}

double seconds(std::chrono::milliseconds time) {
    return static_cast<double>(time.count()) / 1000.0;
}

report::TestCase test_case(const ScenarioRun& run, const Played& played) {
    using Outcome = report::TestCase::Outcome;
    return {.class_name = "sni-lab.scenario." + run.name,
            .name = played.check.name,
            .took = played.check.took,
            .outcome = played.met()       ? Outcome::passed
                       : played.undecided ? Outcome::error
                                          : Outcome::failure,
            .type = std::string(to_string(played.check.verdict)),
            .message = played.unmet.empty() ? "" : played.unmet.front(),
            .text = sentences(played, "") + lines_of(played, "")};
}

/// Of a scenario without its fault: whether a check noticed.
report::TestCase test_case(const ScenarioRun& run) {
    using Outcome = report::TestCase::Outcome;
    const Exit exit = run.exit();
    std::string text;
    for (const Played& played : run.checks) {
        text += fmt::format("{:<8} {}: {}\n", mark_of(played), printable(played.check.name),
                            found(played)) +
                sentences(played, "") + lines_of(played, "");
    }
    return {.class_name = "sni-lab.scenario." + run.name,
            .name = "some check notices that the fault is gone",
            .took = run.took,
            .outcome = exit == Exit::yes            ? Outcome::passed
                       : exit == Exit::inconclusive ? Outcome::error
                                                    : Outcome::failure,
            .type = "without-fault",
            .message = exit == Exit::yes ? "" : std::string(sentence_of(exit)),
            .text = std::move(text)};
}

}  // namespace

std::string to_text(const ScenarioRun& run, bool verbose) {
    std::string text = fmt::format("{}  {:.1f} s\n", printable(run.name), seconds(run.took));
    for (const Played& played : run.checks) {
        text += fmt::format("  {:<8} {}: {}\n", mark_of(played), printable(played.check.name),
                            found(played));
        text += sentences(played, "           ");
        if (verbose || !played.met()) text += lines_of(played, "             ");
    }
    if (run.without_fault) text += fmt::format("  {}\n", sentence_of(run.exit()));
    return text;
}

std::string summary(const std::vector<ScenarioRun>& runs) {
    std::size_t checks = 0;
    std::size_t met = 0;
    std::chrono::milliseconds took{0};
    std::string others;
    for (const ScenarioRun& run : runs) {
        checks += run.checks.size();
        met += static_cast<std::size_t>(std::ranges::count_if(run.checks, &Played::met));
        took += run.took;
        if (run.exit() != Exit::yes) others += (others.empty() ? "" : ", ") + printable(run.name);
    }
    const std::string scenarios =
        fmt::format("{} scenario{}", runs.size(), runs.size() == 1 ? "" : "s");
    if (std::ranges::any_of(runs, &ScenarioRun::without_fault)) {
        return fmt::format("\n{} of {} noticed that the fault was taken out, {:.1f} s\n",
                           std::ranges::count_if(runs, &ScenarioRun::noticed), scenarios,
                           seconds(took));
    }
    return fmt::format("\n{} of {} checks in {} came out as expected, {:.1f} s\n{}", met, checks,
                       scenarios, seconds(took),
                       others.empty() ? "" : fmt::format("Not as expected: {}\n", others));
}

std::string to_json(const std::vector<ScenarioRun>& runs) {
    nlohmann::json document = {{"schema", "sni-lab/scenario/1"},
                               {"result", word_of(exit_of(runs))},
                               {"scenarios", nlohmann::json::array()}};
    for (const ScenarioRun& run : runs) {
        nlohmann::json checks = nlohmann::json::array();
        for (const Played& played : run.checks) {
            nlohmann::json lines = nlohmann::json::array();
            for (const proof::Line& line : played.check.lines) {
                lines.push_back({{"name", line.name},
                                 {"mark", to_string(line.mark)},
                                 {"text", line.text},
                                 {"code", line.code}});
            }
            checks.push_back({{"name", played.check.name},
                              {"met", played.met()},
                              {"undecided", played.undecided},
                              {"expected", to_string(played.expected)},
                              {"verdict", to_string(played.check.verdict)},
                              {"unmet", played.unmet},
                              {"lines", std::move(lines)},
                              {"ms", played.check.took.count()}});
        }
        document["scenarios"].push_back({{"name", run.name},
                                         {"teaches", run.teaches},
                                         {"without_fault", run.without_fault},
                                         {"result", word_of(run.exit())},
                                         {"ms", run.took.count()},
                                         {"checks", std::move(checks)}});
    }
    return report::print(document);
}

std::string to_junit(const std::vector<ScenarioRun>& runs) {
    std::vector<report::TestSuite> suites;
    for (const ScenarioRun& run : runs) {
        report::TestSuite suite{.name = run.name, .cases = {}, .took = run.took};
        if (run.without_fault) suite.cases.push_back(test_case(run));
        for (const Played& played : run.checks) {
            if (!run.without_fault) suite.cases.push_back(test_case(run, played));
        }
        suites.push_back(std::move(suite));
    }
    return report::junit_document(suites);
}

}  // namespace sni::cli
