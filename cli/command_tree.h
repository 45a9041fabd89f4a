// The commands and their flags as values, read from the tables that --help prints, so that
// completions and man pages cannot say anything else.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sni::cli {

struct FlagInfo {
    std::string long_name;             ///< "--listen"; never empty
    std::string short_name;            ///< "-q"; mostly empty
    std::string value;                 ///< "ADDR:PORT", "v1|v2"; empty when it takes none
    std::vector<std::string> choices;  ///< those, where it takes nothing else
    std::string help;
    bool required = false;
};

struct ArgumentInfo {
    std::string name;
    std::string help;
    bool required = false;
};

struct CommandInfo {
    std::vector<std::string> path;  ///< {"scenario", "run"}; empty for the program itself
    std::string help;
    std::string footer;
    std::vector<FlagInfo> flags;
    std::vector<ArgumentInfo> arguments;
    std::vector<CommandInfo> commands;

    /// "scenario run"; empty for the program itself.
    std::string words() const;
};

CommandInfo describe(const CLI::App& app);

/// describe() of the program, for whoever has no App of it.
CommandInfo every_command();

/// `root` and everything below it, parents first.
std::vector<const CommandInfo*> all_commands(const CommandInfo& root);

/// nullptr when there is no such command.
const CommandInfo* find_command(const CommandInfo& root, const std::vector<std::string>& path);

/// What a shell reads to complete command lines.
std::string bash_completion(const CommandInfo& root);
std::string zsh_completion(const CommandInfo& root);
std::string fish_completion(const CommandInfo& root);

/// A page of section 1 in man(7): of the program as a whole, or of one of its commands.
std::string man_page(const CommandInfo& root, const CommandInfo& command);
/// "sni-lab-scenario-run.1"
std::string man_file(const CommandInfo& command);

}  // namespace sni::cli
