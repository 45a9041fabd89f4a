// A comparison for people, for programs, for a pull request and for GitHub Actions.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lab/diff/diff.h"

namespace sni::diff {

/// One sentence: how many names change, how, and how many do not.
std::string summary(const Report& report);

/// A line for each thing that was not looked at, beginning with its place; the first ones of many.
std::string notes(const Report& report);

/// The summary, and a line for each change.
std::string to_text(const Report& report);
/// schema sni-lab/diff/1.
nlohmann::ordered_json to_json(const Report& report);
/// The same table in Markdown, as a comment on a pull request; cut where it is longer than those
/// may be.
std::string to_markdown(const Report& report);
/// One workflow command a line, at the rule that decides; a notice where nothing changes. No text
/// of a file can start a command of its own.
std::string to_github(const Report& report);

}  // namespace sni::diff
