// How --help, the manual and completions call what a flag takes, instead of CLI11's own words.
#pragma once

#include <string>
#include <vector>

#include <CLI/Formatter.hpp>

namespace CLI {
class Option;
}

namespace sni::cli {

/// "FILE", "v1|v2"; empty where it takes no value.
std::string value_text(const CLI::Option& option);
/// What is taken, where nothing else is: {"v1", "v2"}.
std::vector<std::string> choices_of(const CLI::Option& option);
/// What it is for, then in brackets its range, its default, and what it goes with or does not.
std::string help_text(const CLI::Option& option);

class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace sni::cli
