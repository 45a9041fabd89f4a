// The report for CI servers: JUnit XML.
#pragma once

#include <string>

#include "lab/report/report.h"

namespace sni::report {

/// One test suite, one test case a check. A finding is a failure; missing evidence is an error,
/// never skipped, so that no CI server shows it as green.
std::string to_junit(const Report& report);

/// `text` for XML content and attributes; what a terminal must not see, and XML 1.0 forbids,
/// becomes \xNN.
std::string escape_xml(std::string_view text);

}  // namespace sni::report
