#include "lab/report/explain.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "lab/core/codes.h"

namespace sni::report {

namespace {

std::string wrapped(std::string_view label, std::string_view text) {
    constexpr std::size_t kColumn = 10;
    constexpr std::size_t kWidth = 96;
    std::string lines = fmt::format("  {:<8}", label);
    std::size_t column = kColumn;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (column + 1 + word.size() > kWidth) {
            lines += fmt::format("\n{:{}}", "", kColumn);
            column = kColumn;
        } else if (column > kColumn) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
    }
    return lines + "\n";
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

std::vector<CodeText> explain(std::string_view code_or_line) {
    std::vector<CodeText> found;
    if (code_or_line.empty()) return found;
    std::ranges::copy_if(code::texts(), std::back_inserter(found), [&](const CodeText& each) {
        return same_code(each.id, code_or_line) || each.name == code_or_line;
    });
    return found;
}

std::string to_text(const CodeText& code) {
    const std::string name = code.name.empty() ? "" : fmt::format(" ({})", code.name);
    return fmt::format("{}{}\n", code.id, name) + wrapped("means", code.means) +
           wrapped("happens", code.happens) + wrapped("mend", code.mend);
}

std::string to_text(const LineMeaning& meaning) {
    return fmt::format("line {}\n", meaning.line) + wrapped("asks", meaning.means);
}

}  // namespace sni::report
