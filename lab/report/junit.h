// The report for CI servers: JUnit XML.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/report/report.h"

namespace sni::report {

/// What JUnit calls a case; texts are anybody's, and escaped where they are written.
struct TestCase {
    enum class Outcome { passed, failure, error };

    std::string class_name;
    std::string name;
    std::chrono::milliseconds took{0};
    Outcome outcome = Outcome::passed;
    std::string type;     ///< of a failure or an error
    std::string message;  ///< as type; one line
    std::string text;     ///< what is shown below it, lines
};

struct TestSuite {
    std::string name;
    std::vector<TestCase> cases;
    std::chrono::milliseconds took{0};
    std::string timestamp;  ///< ISO 8601; empty: none
};

/// One document.
std::string junit_document(const std::vector<TestSuite>& suites);

/// One test suite, one test case a check. A finding is a failure; missing evidence is an error,
/// never skipped, so that no CI server shows it as green.
/// `command` is the subcommand that found it.
std::string to_junit(const Report& report, std::string_view command = "verify");

/// `text` for XML content and attributes; what a terminal must not see, and XML 1.0 forbids,
/// becomes \xNN.
std::string escape_xml(std::string_view text);

}  // namespace sni::report
