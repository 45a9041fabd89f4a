#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/analyze/render.h"
#include "lab/core/encoding.h"

namespace sni::analyze {

namespace {

std::string counted(std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Report& report) {
    std::string text;
    for (const Finding& finding : report.findings) {
        Diagnostic shown = finding.diagnostic;
        shown.place.file = printable(shown.place.file);
        text += render(shown);
        text += '\n';
    }
    std::vector<std::string> counts;
    for (const auto& [level, word] :
         {std::pair{Level::error, "error"}, std::pair{Level::warning, "warning"},
          std::pair{Level::info, "note"}}) {
        if (const std::size_t count = report.count(level)) counts.push_back(counted(count, word));
    }
    if (!report.all_looked_up) {
        text += "A document could not be read, so nothing is said about names that may be in it.\n";
    }
    std::vector<std::string> quiet;
    if (report.suppressed > 0) quiet.push_back(fmt::format("{} suppressed", report.suppressed));
    if (report.known > 0) quiet.push_back(fmt::format("{} known from the baseline", report.known));
    text += fmt::format("{} in {}{}{}\n",
                        counts.empty() ? "Nothing found" : fmt::to_string(fmt::join(counts, ", ")),
                        counted(report.documents, "document"), quiet.empty() ? "" : "; ",
                        fmt::join(quiet, ", "));
    return text;
}

}  // namespace sni::analyze
