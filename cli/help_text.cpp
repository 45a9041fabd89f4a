#include "cli/help_text.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sni::cli {

namespace {

/// CLI11 has a type and its checks in one word: "N:UINT in [1 - 65535]", "TEXT:{v1,v2}".
struct TypeWord {
    std::string name;
    std::string check;
};

TypeWord type_word(const CLI::Option& option) {
    std::string whole = option.get_type_name();
    constexpr std::string_view kExisting = ":FILE";  // CLI::ExistingFile
    if (whole.ends_with(kExisting)) whole.resize(whole.size() - kExisting.size());
    for (const std::string_view begin : {":UINT in [", ":{"}) {
        const std::size_t at = whole.find(begin);
        if (at != std::string::npos) return {whole.substr(0, at), whole.substr(at + 1)};
    }
    return {whole, {}};
}

/// "1 to 65535"; empty where there is none.
std::string range_of(const TypeWord& word) {
    const std::size_t open = word.check.find('[');
    const std::size_t dash = word.check.find(" - ");
    if (open == std::string::npos || dash == std::string::npos) return {};
    const std::size_t behind = dash + std::string_view(" - ").size();
    return fmt::format("{} to {}", word.check.substr(open + 1, dash - open - 1),
                       word.check.substr(behind, word.check.find(']') - behind));
}

/// "; with --a, --b", without those that `told` has already.
void add_names(std::vector<std::string>& to, std::string_view word,
               const std::set<CLI::Option*>& options, std::string_view told) {
    std::vector<std::string> names;
    for (const CLI::Option* option : options) {
        if (!told.contains(option->get_name())) names.push_back(option->get_name());
    }
    std::ranges::sort(names);
    if (!names.empty()) to.push_back(fmt::format("{} {}", word, fmt::join(names, ", ")));
}

}  // namespace

std::vector<std::string> choices_of(const CLI::Option& option) {
    const std::string check = type_word(option).check;
    std::vector<std::string> choices;
    if (!check.starts_with('{')) return choices;
    for (std::size_t at = 1; at < check.size();) {
        const std::size_t end = check.find_first_of(",}", at);
        choices.push_back(check.substr(at, end - at));
        at = end + 1;
    }
    return choices;
}

std::string value_text(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) return {};
    const std::vector<std::string> choices = choices_of(option);
    if (!choices.empty()) return fmt::format("{}", fmt::join(choices, "|"));
    return type_word(option).name;
}

std::string help_text(const CLI::Option& option) {
    std::string text = option.get_description();
    std::vector<std::string> more;
    if (std::string range = range_of(type_word(option)); !range.empty())
        more.push_back(std::move(range));
    const std::size_t own = text.ends_with(')') ? text.rfind(" (") : std::string::npos;
    if (own != std::string::npos) {
        more.push_back(text.substr(own + 2, text.size() - own - 3));
        text.resize(own);
    }
    if (!option.get_default_str().empty()) more.push_back("default: " + option.get_default_str());
    add_names(more, "with", option.get_needs(), text);
    add_names(more, "not with", option.get_excludes(), {});
    return more.empty() ? text : fmt::format("{} ({})", text, fmt::join(more, "; "));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
    std::string text;
    if (option->get_positional()) {
        if (option->get_required()) text = " (required)";
        return text;
    }
    if (const std::string value = value_text(*option); !value.empty()) text = " " + value;
    if (option->get_items_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
    if (option->get_required()) text += " (required)";
    return text;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    return help_text(*option);
}

}  // namespace sni::cli
