// A report in the shapes that people and programs read. None of them decides anything.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lab/analyze/analyze.h"

namespace sni::analyze {

/// The compiler's shape, and how many of each at the end.
std::string to_text(const Report& report);

/// Schema "sni-lab/analyze/1"; keys only ever get added to it.
nlohmann::json to_json(const Report& report);

/// SARIF 2.1.0 (OASIS), as code scanning reads it.
nlohmann::json to_sarif(const Report& report, std::string_view version);

/// Workflow commands, one line for each finding: GitHub shows them beside the source.
std::string to_github(const Report& report);

}  // namespace sni::analyze
