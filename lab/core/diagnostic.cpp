#include "lab/core/diagnostic.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sni {

std::string_view to_string(Level level) {
    switch (level) {
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

std::string render(const Diagnostic& d) {
    std::string text;
    const auto out = std::back_inserter(text);
    if (d.place.file.empty()) {
        fmt::format_to(out, "sni-lab: ");
    } else {
        fmt::format_to(out, "{}:", d.place.file);
        if (d.place.line > 0) fmt::format_to(out, "{}:", d.place.line);
        if (d.place.line > 0 && d.place.column > 0) fmt::format_to(out, "{}:", d.place.column);
        fmt::format_to(out, " ");
    }
    fmt::format_to(out, "{}: {} [{}]\n", to_string(d.level), d.message, d.code);
    if (!d.source.empty() && d.place.line > 0) {
        fmt::format_to(out, "{:>5} | {}\n", d.place.line, d.source);
        if (d.place.column > 0) {
            fmt::format_to(out, "      | {:{}}{:^>{}}\n", "", d.place.column - 1, "",
                           std::max(1, d.width));
        }
    }
    if (!d.why.empty()) fmt::format_to(out, "why: {}\n", d.why);
    if (!d.hint.empty()) fmt::format_to(out, "hint: {}\n", d.hint);
    return text;
}

Exit worse(Exit a, Exit b) {
    static constexpr std::array kOrder = {Exit::usage,    Exit::machine,     Exit::not_routed,
                                          Exit::no,       Exit::certificate, Exit::inconclusive,
                                          Exit::readable, Exit::yes};
    return std::ranges::find(kOrder, a) < std::ranges::find(kOrder, b) ? a : b;
}

Failure::Failure(Exit exit, std::string_view code, std::string message, std::string why,
                 std::string hint)
    : Failure(exit, Diagnostic{.code = std::string(code),
                               .message = std::move(message),
                               .why = std::move(why),
                               .hint = std::move(hint)}) {}

Failure::Failure(Exit exit, Diagnostic diagnostic)
    : Failure(exit, std::vector<Diagnostic>{std::move(diagnostic)}) {}

Failure::Failure(Exit exit, std::vector<Diagnostic> diagnostics)
    : std::runtime_error(diagnostics.empty() ? "failure" : diagnostics.front().message),
      exit_(exit),
      diagnostics_(std::move(diagnostics)) {}

}  // namespace sni
