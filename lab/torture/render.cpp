#include "lab/torture/render.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/report/junit.h"

namespace sni::torture {

namespace {

/// The columns of the table: right and refused are told apart by whether they should be.
constexpr std::array kColumns = {"right",   "lenient", "refused well", "refused badly", "misrouted",
                                 "altered", "lost",    "hung",         "crashed"};
using Counts = std::array<std::size_t, kColumns.size()>;

std::size_t column_of(const Finding& finding) {
    switch (finding.verdict) {
        case Verdict::right:
            return finding.well ? 0 : 1;
        case Verdict::refused:
            return finding.well ? 2 : 3;
        case Verdict::misrouted:
            return 4;
        case Verdict::altered:
            return 5;
        case Verdict::lost:
            return 6;
        case Verdict::hung:
            return 7;
        case Verdict::crashed:
            break;
    }
    return 8;
}

std::string row(std::string_view name, const Counts& counts) {
    std::size_t all = 0;
    for (const std::size_t count : counts) {
        all += count;
    }
    std::string text = fmt::format("{:<8} {:>6}", name, all);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        fmt::format_to(std::back_inserter(text), "  {:>{}}",
                       counts[i] == 0 ? "-" : std::to_string(counts[i]),
                       std::string_view(kColumns[i]).size());
    }
    return text + "\n";
}

std::string table(const Asked& asked) {
    std::string text = fmt::format("{:<8} {:>6}", "group", "shapes");
    for (const char* column : kColumns) {
        text += "  " + std::string(column);
    }
    text += "\n";
    Counts sum{};
    for (std::size_t i = 0; i < asked.findings.size();) {
        const std::string_view group = asked.shapes[i].group();
        Counts counts{};
        for (; i < asked.findings.size() && asked.shapes[i].group() == group; ++i) {
            ++counts[column_of(asked.findings[i])];
            ++sum[column_of(asked.findings[i])];
        }
        text += row(group, counts);
    }
    return text + row("all", sum);
}

/// A hello that has to pass and was refused is told, too: no red, but clients meet it.
bool is_told(const Shape& shape, const Finding& finding, const Baseline* baseline) {
    return fails(finding, baseline) || is_red(finding.verdict) ||
           (finding.verdict == Verdict::refused && shape.rule == Rule::must_pass);
}

std::string line(const Asked& asked, std::size_t at, const Baseline* baseline) {
    const Shape& shape = asked.shapes[at];
    const Finding& finding = asked.findings[at];
    const bool known = baseline && !fails(finding, baseline);
    return fmt::format("{:<9} {}: {}{}\n          differs from {}: {}\n          {} --only {}\n",
                       to_string(finding.verdict), shape.name, printable(finding.how),
                       known ? " (as in the baseline)" : "", shape.source, printable(shape.about),
                       asked.command, shape.name);
}

}  // namespace

std::string to_text(const Asked& asked, const Baseline* baseline) {
    std::string text = table(asked);
    std::string told;
    for (std::size_t i = 0; i < asked.findings.size(); ++i) {
        if (is_told(asked.shapes[i], asked.findings[i], baseline)) told += line(asked, i, baseline);
    }
    if (!told.empty()) text += "\n" + told;
    const auto failing = std::ranges::count_if(
        asked.findings, [&](const Finding& finding) { return fails(finding, baseline); });
    fmt::format_to(std::back_inserter(text), "\n{} of {} shapes asked, {} fail{}\n",
                   asked.findings.size(), asked.wanted, failing,
                   baseline ? " that did not in the baseline" : "");
    return text;
}

Exit exit_of(const Asked& asked, const Baseline* baseline) {
    const Exit exit = exit_of(asked.findings, baseline);
    return asked.findings.size() == asked.wanted ? exit : worse(exit, Exit::inconclusive);
}

nlohmann::json to_json(const Asked& asked, const Baseline* baseline) {
    nlohmann::json shapes = nlohmann::json::array();
    nlohmann::json counts = nlohmann::json::object();
    for (const Verdict verdict : kVerdicts) {
        counts[std::string(to_string(verdict))] = 0;
    }
    for (std::size_t i = 0; i < asked.findings.size(); ++i) {
        const Shape& shape = asked.shapes[i];
        const Finding& finding = asked.findings[i];
        auto& count = counts[std::string(to_string(finding.verdict))];
        count = count.get<std::size_t>() + 1;
        shapes.push_back({{"name", shape.name},
                          {"about", shape.about},
                          {"source", shape.source},
                          {"rule", to_string(shape.rule)},
                          {"names", to_string(shape.names)},
                          {"alert_owed", shape.alert_owed},
                          {"verdict", to_string(finding.verdict)},
                          {"well", finding.well},
                          {"how", finding.how},
                          {"fails", fails(finding, baseline)},
                          {"took_ms", finding.took.count()}});
    }
    return {{"schema", "sni-lab/torture/1"},
            {"exit", static_cast<int>(exit_of(asked, baseline))},
            {"gateway", asked.gateway},
            {"sni", asked.sni},
            {"seed", asked.seed},
            {"wanted", asked.wanted},
            {"asked", asked.findings.size()},
            {"counts", std::move(counts)},
            {"shapes", std::move(shapes)}};
}

std::string to_junit(const Asked& asked, const Baseline* baseline) {
    std::string cases;
    std::size_t failures = 0;
    double seconds = 0;
    for (std::size_t i = 0; i < asked.findings.size(); ++i) {
        const Shape& shape = asked.shapes[i];
        const Finding& finding = asked.findings[i];
        const double took = static_cast<double>(finding.took.count()) / 1000.0;
        seconds += took;
        const std::string said = fmt::format("{}: {}", to_string(finding.verdict), finding.how);
        std::string body =
            fmt::format("      <system-out>{}</system-out>\n", report::escape_xml(printable(said)));
        if (fails(finding, baseline)) {
            ++failures;
            body = fmt::format(
                "      <failure type=\"{}\" message=\"{}\">differs from {}: {}\n{} --only {}"
                "</failure>\n",
                to_string(finding.verdict), report::escape_xml(printable(said)),
                report::escape_xml(shape.source), report::escape_xml(shape.about),
                report::escape_xml(asked.command), report::escape_xml(shape.name));
        }
        cases += fmt::format(
            "    <testcase classname=\"sni-lab.torture\" name=\"{}\" time=\"{:.3f}\">\n{}"
            "    </testcase>\n",
            report::escape_xml(shape.name), took, body);
    }
    const std::size_t missing = asked.wanted - asked.findings.size();
    if (missing > 0) {
        cases += fmt::format(
            "    <testcase classname=\"sni-lab.torture\" name=\"every shape is asked\" "
            "time=\"0.000\">\n      <error type=\"inconclusive\" message=\"{} were not\"></error>\n"
            "    </testcase>\n",
            missing);
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite "
        "name=\"sni-lab torture\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" "
        "time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
        asked.findings.size() + (missing > 0 ? 1 : 0), failures, missing > 0 ? 1 : 0, seconds,
        cases);
}

Result<Baseline, std::string> read_baseline(const std::string& text) {
    const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    if (!document.is_object() || !document.contains("schema") ||
        document["schema"] != "sni-lab/torture/1") {
        return std::unexpected("it is no document of schema sni-lab/torture/1");
    }
    Baseline baseline;
    const auto shapes = document.find("shapes");
    if (shapes == document.end() || !shapes->is_array()) {
        return std::unexpected("it has no list of shapes");
    }
    for (const nlohmann::json& each : *shapes) {
        const auto word = [&](const char* key) -> std::string {
            const auto found = each.is_object() ? each.find(key) : each.end();
            return found != each.end() && found->is_string() ? found->get<std::string>() : "";
        };
        const auto verdict = verdict_named(word("verdict"));
        const std::string name = word("name");
        if (name.empty() || !verdict) {
            return std::unexpected("one of its shapes has no name, or no verdict that there is");
        }
        const auto well = each.find("well");
        if (well == each.end() || !well->is_boolean()) {
            return std::unexpected(fmt::format("{} does not say whether it is well", name));
        }
        baseline[name] = {.shape = name, .verdict = *verdict, .well = well->get<bool>(), .how = {}};
    }
    return baseline;
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
