// What became of many connections, as a report like any other.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "lab/proof/match/match.h"
#include "lab/report/report.h"

namespace sni::report {

/// A check for each name, with a line for each fate that its connections had; and one that is
/// inconclusive where something is lacking, see proof::lacking(). `version` as Report has it.
Report report_of(const proof::Matching& matching, std::optional<std::size_t> expected,
                 std::chrono::sys_seconds now, std::string version);

}  // namespace sni::report
