#include "lab/report/junit.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::report {

namespace {

std::string details(const Check& check) {
    std::string text;
    std::set<std::string_view> said;  // one cause, several lines, one remedy
    for (const Line& line : check.lines) {
        fmt::format_to(std::back_inserter(text), "{:<7} {:<10} {}{}{}\n", to_string(line.mark),
                       printable(line.name), printable(line.text), line.code.empty() ? "" : " ",
                       line.code);
        if (line.mark != Mark::pass && !line.hint.empty() && said.insert(line.hint).second)
            fmt::format_to(std::back_inserter(text), "        try: {}\n", printable(line.hint));
    }
    return text;
}

/// The headline and the line that decided: what a CI page shows without a click.
std::string message(const Check& check) {
    const auto failing = [&](Mark mark) {
        return std::ranges::find_if(check.lines,
                                    [&](const Line& line) { return line.mark == mark; });
    };
    auto line = failing(Mark::fail);
    if (line == check.lines.end()) line = failing(Mark::missing);
    if (line == check.lines.end()) return std::string(headline(check.counted()));
    return fmt::format("{}: {}: {} [{}]", headline(check.counted()), printable(line->name),
                       printable(line->text), line->code);
}

std::string test_case(const Check& check) {
    std::string body;
    if (check.exit() != Exit::yes) {
        const bool error = check.counted() == Verdict::inconclusive;
        body = fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n",
                           error ? "error" : "failure", to_string(check.counted()),
                           escape_xml(message(check)), escape_xml(details(check)));
    } else {
        body = fmt::format("      <system-out>{}</system-out>\n", escape_xml(details(check)));
    }
    return fmt::format(
        "    <testcase classname=\"sni-lab.verify\" name=\"{}\" time=\"{:.3f}\">\n{}    "
        "</testcase>\n",
        escape_xml(printable(check.name)), static_cast<double>(check.took.count()) / 1000.0, body);
}

/// An error, as all evidence that is missing: what was proven beside it is worth nothing.
std::string control_case(const Control& control) {
    const std::string words = escape_xml(printable(control.complaint()));
    return fmt::format(
        "    <testcase classname=\"sni-lab.self-test\" name=\"{}\" time=\"0.000\">\n{}    "
        "</testcase>\n",
        escape_xml(printable(control.name)),
        control.caught()
            ? ""
            : fmt::format("      <error type=\"inconclusive\" message=\"{}\"></error>\n", words));
}

}  // namespace

std::string escape_xml(std::string_view text) {
    std::string escaped;
    std::size_t start = 0;
    while (start <
           text.size()) {  // printable() per line keeps newlines, and leaves nothing XML forbids
        const std::size_t end = std::min(text.find('\n', start), text.size());
        for (const char c : printable(text.substr(start, end - start))) {
            switch (c) {
                case '&':
                    escaped += "&amp;";
                    break;
                case '<':
                    escaped += "&lt;";
                    break;
                case '>':
                    escaped += "&gt;";
                    break;
                case '"':
                    escaped += "&quot;";
                    break;
                default:
                    escaped += c;
            }
        }
        if (end < text.size()) escaped += '\n';
        start = end + 1;
    }
    return escaped;
}

std::string to_junit(const Report& report) {
    const auto failed = [&](bool error) {
        return std::ranges::count_if(report.checks, [&](const Check& check) {
            return check.exit() != Exit::yes && (check.counted() == Verdict::inconclusive) == error;
        });
    };
    std::string cases;
    double seconds = 0;
    for (const Check& check : report.checks) {
        cases += test_case(check);
        seconds += static_cast<double>(check.took.count()) / 1000.0;
    }
    for (const Control& control : report.controls) {
        cases += control_case(control);
    }
    const auto uncaught =
        std::ssize(report.controls) - std::ranges::count_if(report.controls, &Control::caught);
    const int nothing = report.nothing_shown() ? 1 : 0;
    if (nothing) {
        cases +=
            "    <testcase classname=\"sni-lab.verify\" name=\"something is proven\" "
            "time=\"0.000\">\n"
            "      <error type=\"inconclusive\" message=\"no check asked for a proof\"></error>\n  "
            "  </testcase>\n";
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites>\n"
        "  <testsuite name=\"sni-lab verify\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
        "skipped=\"0\" time=\"{:.3f}\" "
        "timestamp=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
        report.checks.size() + report.controls.size() + static_cast<std::size_t>(nothing),
        failed(false), failed(true) + uncaught + nothing, seconds, sni::to_string(report.time),
        cases);
}

}  // namespace sni::report
