#include "lab/report/explain.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "lab/report/explain_tables.h"

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

std::span<const Explanation> explanations() {
    static const std::vector<Explanation> all = [] {
        std::vector<Explanation> joined;
        for (const auto part : {command_explanations(), path_explanations(), session_explanations(),
                                key_explanations(), part_explanations(), machine_explanations()}) {
            joined.insert(joined.end(), part.begin(), part.end());
        }
        return joined;
    }();
    return all;
}

const LineMeaning* find_line(std::string_view name) {
    const auto found = std::ranges::find(line_meanings(), name, &LineMeaning::line);
    return found != line_meanings().end() ? &*found : nullptr;
}

std::vector<Explanation> explain(std::string_view code_or_line) {
    std::vector<Explanation> found;
    if (code_or_line.empty()) return found;
    std::ranges::copy_if(explanations(), std::back_inserter(found), [&](const Explanation& e) {
        return same_code(e.code, code_or_line) || e.line == code_or_line;
    });
    return found;
}

std::string to_text(const Explanation& e) {
    const std::string head =
        e.line.empty() ? fmt::format("{}\n", e.code) : fmt::format("{} ({})\n", e.code, e.line);
    return head + wrapped("means", e.means) + wrapped("happens", e.happens) +
           wrapped("mend", e.mend);
}

std::string to_text(const LineMeaning& meaning) {
    return fmt::format("line {}\n", meaning.line) + wrapped("asks", meaning.means);
}

}  // namespace sni::report
