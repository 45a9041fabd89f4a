#include "cli/command_tree.h"

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/help_text.h"

namespace sni::cli {

namespace {

void describe_option(const CLI::Option& option, CommandInfo& command) {
    if (option.get_positional()) {
        command.arguments.push_back({.name = option.get_name(true),
                                     .help = option.get_description(),
                                     .required = option.get_required()});
        return;
    }
    if (option.get_lnames().empty()) return;
    FlagInfo flag{.long_name = "--" + option.get_lnames().front(),
                  .short_name = {},
                  .value = value_text(option),
                  .choices = choices_of(option),
                  .help = help_text(option),
                  .required = option.get_required()};
    if (!option.get_snames().empty()) flag.short_name = "-" + option.get_snames().front();
    command.flags.push_back(std::move(flag));
}

CommandInfo describe_below(const CLI::App& app, std::vector<std::string> path) {
    CommandInfo info{.path = std::move(path),
                     .help = app.get_description(),
                     .footer = app.get_footer(),
                     .flags = {},
                     .arguments = {},
                     .commands = {}};
    for (const CLI::Option* option : app.get_options()) {
        describe_option(*option, info);
    }
    for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
        std::vector<std::string> deeper = info.path;
        deeper.push_back(below->get_name());
        info.commands.push_back(describe_below(*below, std::move(deeper)));
    }
    return info;
}

void gather(const CommandInfo& command, std::vector<const CommandInfo*>& all) {
    all.push_back(&command);
    for (const CommandInfo& below : command.commands)
        gather(below, all);
}

}  // namespace

std::string CommandInfo::words() const {
    return fmt::format("{}", fmt::join(path, " "));
}

CommandInfo describe(const CLI::App& app) {
    return describe_below(app, {});
}

std::vector<const CommandInfo*> all_commands(const CommandInfo& root) {
    std::vector<const CommandInfo*> all;
    gather(root, all);
    return all;
}

const CommandInfo* find_command(const CommandInfo& root, const std::vector<std::string>& path) {
    for (const CommandInfo* command : all_commands(root)) {
        if (command->path == path) return command;
    }
    return nullptr;
}

}  // namespace sni::cli
