// A report as text for people and as JSON for scripts.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lab/bench/results.h"

namespace sni::bench {

/// Who took part, a table for each mode, and the gates.
std::string to_text(const Report& report);

/// Schema sni-lab/bench/1.
nlohmann::ordered_json to_json(const Report& report);

}  // namespace sni::bench
