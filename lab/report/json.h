// The report for programs: one JSON document, schema "sni-lab/verify/1".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lab/report/report.h"

namespace sni::report {

/// Keys only ever get added within a schema version. Times are UTC in ISO 8601, digests lower-case
/// hex.
nlohmann::json to_json(const Report& report);

/// Certificates look the same in every command's JSON.
nlohmann::json to_json(const CertFacts& facts);

/// What a command says in JSON that could not do what it was asked for: schema "sni-lab/error/1".
nlohmann::json failure_json(const Failure& failure);

/// One check alone, as it stands in a report.
nlohmann::json to_json(const Check& check);

/// Text for stdout: indented, a newline at the end, bytes that are no UTF-8 as U+FFFD.
std::string print(const nlohmann::json& document);

}  // namespace sni::report
