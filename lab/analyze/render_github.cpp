#include <algorithm>

#include <fmt/format.h>

#include "lab/analyze/paths.h"
#include "lab/analyze/render.h"

namespace sni::analyze {

namespace {

/// The runner undoes exactly these (actions/toolkit, packages/core/src/command.ts); in a property,
/// what would end it is escaped too.
std::string escaped(std::string_view text, std::string_view dangerous) {
    std::string safe;
    for (const char c : text) {
        if (dangerous.contains(c)) {
            fmt::format_to(std::back_inserter(safe), "%{:02X}", static_cast<unsigned>(c));
        } else {
            safe += c;
        }
    }
    return safe;
}

std::string escaped_text(std::string_view text) {
    return escaped(text, "%\r\n");
}

std::string escaped_property(std::string_view text) {
    return escaped(text, "%\r\n:,");
}

std::string_view command_of(Level level) {
    return level == Level::info ? "notice" : to_string(level);
}

}  // namespace

std::string to_github(const Report& report) {
    std::string text;
    const auto out = std::back_inserter(text);
    for (const Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        fmt::format_to(out, "::{} title={}", command_of(d.level), escaped_property(d.code));
        if (!d.place.file.empty()) {
            fmt::format_to(out, ",file={}", escaped_property(normal_path(d.place.file)));
            if (d.place.line > 0) fmt::format_to(out, ",line={}", d.place.line);
            if (d.place.line > 0 && d.place.column > 0) {
                fmt::format_to(out, ",col={},endColumn={}", d.place.column,
                               d.place.column + std::max(1, d.width));
            }
        }
        std::string body = d.message;
        if (!d.why.empty()) body += "\nwhy: " + d.why;
        if (!d.hint.empty()) body += "\nhint: " + d.hint;
        fmt::format_to(out, "::{}\n", escaped_text(body));
    }
    return text;
}

}  // namespace sni::analyze
