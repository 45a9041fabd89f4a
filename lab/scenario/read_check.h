// The part of a check that only `scenario run` plays: an unusual client, steps, details of what is
// expected. For checks.cpp.
#pragma once

#include <vector>

#include "lab/scenario/checks.h"
#include "lab/scenario/words.h"
#include "lab/yaml/fields.h"

namespace sni::scenario {

using yaml::Fields;
using yaml::Need;
using yaml::Reading;

/// client, before, times and streams of a check.
void read_play(Fields& fields, Check& check, const std::vector<File>& files);
/// The fields of `expect` beside verdict, status and backend.
void read_details(Fields& expect, CheckDetails& details);
/// A duration such as 500ms, or reported and nothing.
std::optional<std::chrono::milliseconds> read_duration(Fields& fields, std::string_view key);

}  // namespace sni::scenario
