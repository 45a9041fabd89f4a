// What became of many connections, as a report like any other.
#pragma once

#include <chrono>
#include <string>

#include "lab/proof/match.h"
#include "lab/report/report.h"

namespace sni::report {

/// A check for each name, with a line for each fate that its connections had. `version` as Report
/// has it.
Report report_of(const proof::Matching& matching, std::chrono::sys_seconds now,
                 std::string version);

}  // namespace sni::report
