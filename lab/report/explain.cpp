#include "lab/report/explain.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "lab/core/wrap.h"

namespace sni::report {

namespace {

/// In the place of a column of labels, lines of at most 96 columns.
std::string labelled(std::string_view label, std::string_view text) {
    constexpr std::size_t kColumn = 10;
    constexpr std::size_t kWidth = 96;
    return fmt::format("  {:<8}{}\n", label,
                       wrapped(text, kWidth - kColumn, std::string(kColumn, ' ')));
}

bool same_code(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        return std::toupper(static_cast<unsigned char>(x)) ==
               std::toupper(static_cast<unsigned char>(y));
    });
}

}  // namespace

const LineMeaning* find_line(std::string_view name) {
    const auto found = std::ranges::find(line_meanings(), name, &LineMeaning::line);
    return found != line_meanings().end() ? &*found : nullptr;
}

std::vector<CodeText> explain(std::string_view code_or_line, std::span<const CodeText> among) {
    std::vector<CodeText> found;
    if (code_or_line.empty()) return found;
    std::ranges::copy_if(among, std::back_inserter(found), [&](const CodeText& each) {
        return same_code(each.id, code_or_line) || each.name == code_or_line;
    });
    return found;
}

std::string to_text(const CodeText& code) {
    const std::string name = code.name.empty() ? "" : fmt::format(" ({})", code.name);
    return fmt::format("{}{}\n", code.id, name) + labelled("means", code.means) +
           labelled("happens", code.happens) + labelled("mend", code.mend);
}

std::string to_text(const LineMeaning& meaning) {
    return fmt::format("line {}\n", meaning.line) + labelled("asks", meaning.means);
}

}  // namespace sni::report
