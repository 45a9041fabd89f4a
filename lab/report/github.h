// The report for GitHub Actions: annotations, and the page that a job shows.
#pragma once

#include <string>
#include <string_view>

#include "lab/report/report.h"

namespace sni::report {

/// One workflow command a line for everything that is not as it should be; missing evidence is an
/// error as well. A notice when all is well. No text from a peer can start a command of its own.
std::string to_github(const Report& report);

/// Markdown for $GITHUB_STEP_SUMMARY.
std::string to_markdown(const Report& report);

/// Text inside a workflow command's message, or (with `property`) inside its title.
std::string escape_command(std::string_view text, bool property = false);
/// Text inside a cell of a Markdown table.
std::string escape_markdown(std::string_view text);

}  // namespace sni::report
