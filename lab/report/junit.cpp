#include "lab/report/junit.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

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
    const auto decides = [&](const Line& line) {
        return line.verdict == check.verdict && line.verdict != Verdict::proven;
    };
    auto line = std::ranges::find_if(check.lines, decides);
    for (const Mark mark : {Mark::fail, Mark::missing}) {
        if (line == check.lines.end()) line = std::ranges::find(check.lines, mark, &Line::mark);
    }
    if (line == check.lines.end()) return std::string(headline(check.counted()));
    return fmt::format("{}: {}: {}{}", headline(check.counted()), printable(line->name),
                       printable(line->text),
                       line->code.empty() ? "" : fmt::format(" [{}]", line->code));
}

TestCase test_case(const Check& check, const std::string& class_name) {
    TestCase test{.class_name = class_name,
                  .name = check.name,
                  .took = check.took,
                  .type = std::string(to_string(check.counted())),
                  .message = message(check),
                  .text = details(check)};
    if (check.exit() == Exit::yes) return test;
    const bool error = check.counted() == Verdict::inconclusive;
    test.outcome = error ? TestCase::Outcome::error : TestCase::Outcome::failure;
    return test;
}

/// Evidence that is missing is an error: what was proven beside it is worth nothing.
TestCase inconclusive(std::string class_name, std::string name, std::string message) {
    return {.class_name = std::move(class_name),
            .name = std::move(name),
            .outcome = TestCase::Outcome::error,
            .type = "inconclusive",
            .message = std::move(message),
            .text = {}};
}

TestCase control_case(const Control& control) {
    if (!control.caught())
        return inconclusive("sni-lab.self-test", control.name, control.complaint());
    return {.class_name = "sni-lab.self-test", .name = control.name};
}

std::string to_xml(const TestCase& test) {
    const std::string text = escape_xml(test.text);
    std::string body;
    if (test.outcome != TestCase::Outcome::passed) {
        body = fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n",
                           test.outcome == TestCase::Outcome::error ? "error" : "failure",
                           escape_xml(printable(test.type)), escape_xml(printable(test.message)),
                           text);
    } else if (!text.empty()) {
        body = fmt::format("      <system-out>{}</system-out>\n", text);
    }
    return fmt::format(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n{}    </testcase>\n",
        escape_xml(printable(test.class_name)), escape_xml(printable(test.name)),
        static_cast<double>(test.took.count()) / 1000.0, body);
}

std::string to_xml(const TestSuite& suite) {
    const auto count = [&](TestCase::Outcome outcome) {
        return std::ranges::count(suite.cases, outcome, &TestCase::outcome);
    };
    std::string cases;
    for (const TestCase& test : suite.cases) {
        cases += to_xml(test);
    }
    return fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" "
        "time=\"{:.3f}\"{}>\n{}  </testsuite>\n",
        escape_xml(printable(suite.name)), suite.cases.size(), count(TestCase::Outcome::failure),
        count(TestCase::Outcome::error), static_cast<double>(suite.took.count()) / 1000.0,
        suite.timestamp.empty() ? "" : fmt::format(" timestamp=\"{}\"", suite.timestamp), cases);
}

}  // namespace

std::string escape_xml(std::string_view text) {
    std::string escaped;
    std::size_t start = 0;
    while (start <
           text.size()) {  // printable() per line keeps newlines, and leaves nothing XML forbids
        const std::size_t end = std::min(text.find('\n', start), text.size());
        escaped += escape_markup(printable(text.substr(start, end - start)));
        if (end < text.size()) escaped += '\n';
        start = end + 1;
    }
    return escaped;
}

std::string junit_document(const std::vector<TestSuite>& suites) {
    std::string all;
    for (const TestSuite& suite : suites) {
        all += to_xml(suite);
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{}</testsuites>\n", all);
}

std::string to_junit(const Report& report, std::string_view command) {
    const std::string class_name = fmt::format("sni-lab.{}", command);
    TestSuite suite{.name = fmt::format("sni-lab {}", command),
                    .cases = {},
                    .timestamp = sni::to_string(report.time)};
    for (const Check& check : report.checks) {
        suite.cases.push_back(test_case(check, class_name));
        suite.took += check.took;
    }
    for (const Control& control : report.controls) {
        suite.cases.push_back(control_case(control));
    }
    if (report.nothing_shown()) {
        suite.cases.push_back(
            inconclusive(class_name, "something is proven", "no check asked for a proof"));
    }
    return junit_document({std::move(suite)});
}

}  // namespace sni::report
