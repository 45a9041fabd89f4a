// What became of many connections: as a report like any other, as text, and as JSON.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lab/proof/match/match.h"
#include "lab/report/report.h"

namespace sni::report {

/// A check for each name, with a line for each fate that its connections had; and one that is
/// inconclusive where something is lacking, see proof::lacking(). `version` as Report has it.
Report report_of(const proof::Matching& matching, std::optional<std::size_t> expected,
                 std::chrono::sys_seconds now, std::string version);

/// Schema "sni-lab/match/1": how many had which fate, and each that was not passed. `client` is the
/// record beside the clients.
nlohmann::json to_document(const proof::WitnessRecord& client, const proof::Matching& matching,
                           std::optional<std::size_t> expected);

/// Lines for people: those that were not passed, fifty at most (none when `quiet`), the sum, and
/// what is lacking.
std::string to_text(const proof::WitnessRecord& client, const proof::Matching& matching,
                    std::optional<std::size_t> expected, bool quiet);

}  // namespace sni::report
