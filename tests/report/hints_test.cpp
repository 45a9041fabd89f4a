// What a reader is told to do: once, at the cause.
#include "lab/report/github.h"
#include "lab/report/junit.h"
#include "lab/report/report.h"
#include "lab/report/text.h"
#include "tests/support/catch.h"

namespace report_hints_test {

using namespace sni::report;

namespace {

Report two_lines_of_one_cause() {
    Check check{.name = "teapot", .verdict = Verdict::terminated};
    check.lines = {{.name = "tls", .text = "TLS 1.3"},
                   {.name = "session",
                    .mark = Mark::fail,
                    .text = "two <sessions>",
                    .code = "SL2307",
                    .hint = "let it pass through",
                    .verdict = Verdict::terminated},
                   {.name = "sent",
                    .mark = Mark::fail,
                    .text = "other bytes",
                    .code = "SL2313",
                    .hint = "let it pass through",
                    .verdict = Verdict::terminated}};
    Report report;
    report.checks = {check};
    return report;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("one remedy for several lines is told once", "[report]") {
    const Report report = two_lines_of_one_cause();
    CHECK(count(to_text(report, {}), "let it pass through") == 1);
    CHECK(count(to_junit(report), "let it pass through") == 1);
    CHECK(count(to_github(report), "let it pass through") == 1);
}

TEST_CASE("JUnit's message names the line that failed first, and its code", "[report]") {
    CHECK(to_junit(two_lines_of_one_cause())
              .find("message=\"TERMINATED BEFORE THE BACKEND: session: two &lt;sessions&gt; "
                    "[SL2307]\"") != std::string::npos);
}

TEST_CASE("JUnit's message names the line that decided, whatever failed before it", "[report]") {
    Report report = two_lines_of_one_cause();
    Check& check = report.checks.front();
    check.lines.front() = {.name = "name",
                           .mark = Mark::fail,
                           .text = "another name",
                           .verdict = Verdict::certificate};
    CHECK(to_junit(report).find("BACKEND: session: two") != std::string::npos);
    // Readable decides less than what is missing.
    check.lines[1].verdict = Verdict::readable;
    check.lines[2] = {.name = "bound", .mark = Mark::missing, .text = "no binding"};
    check.lines[2].verdict = check.verdict = Verdict::inconclusive;
    CHECK(to_junit(report).find("INCONCLUSIVE: bound: no binding") != std::string::npos);
    check.verdict = Verdict::proven;  // and yet not what is expected
    check.expected = Verdict::terminated;
    CHECK(to_junit(report).find(": name: another name") != std::string::npos);
}

}  // namespace report_hints_test
