#include "cli/usage.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/help_text.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::cli {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kOnce =
    "a command stands behind --: sni-lab up --once [FLAGS] -- COMMAND…";

Words command_names(const CLI::App& app) {
    Words names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

/// "--detach" and "-q", of this command and of those above it, but for --version, which stands
/// alone.
Words flag_names(const CLI::App& command) {
    Words names;
    for (const CLI::App* at = &command; at; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames())
                if (at == &command || name != "version") names.push_back("--" + name);
            for (const std::string& name : option->get_snames())
                names.push_back("-" + name);
        }
    }
    return names;
}

/// "scenario run"
std::string words_of(const CLI::App& command) {
    const CLI::App* parent = command.get_parent();
    if (!parent) return "";
    const std::string above = words_of(*parent);
    return above.empty() ? command.get_name() : above + " " + command.get_name();
}

struct Chosen {
    const CLI::App* command;
    std::optional<std::string> next;  ///< the first word that names no command
};

Chosen follow(const CLI::App& app, const Words& args) {
    const CLI::App* at = &app;
    for (const std::string& word : args) {
        if (word.starts_with('-')) continue;
        const auto named =
            at->get_subcommands([&](const CLI::App* c) { return c->get_name() == word; });
        if (named.empty()) return {at, word};
        at = named.front();
    }
    return {at, std::nullopt};
}

/// A long flag is compared with the long ones, -d with the long flags that begin with d.
std::optional<std::string> nearest_flag(const std::string& flag, const Words& known) {
    if (flag.starts_with("--")) return nearest(flag, known);
    const auto same = std::ranges::find_if(known, [&](const std::string& name) {
        return name.starts_with("--" + flag.substr(1, 1)) && name != "--" + flag.substr(1);
    });
    const auto dashed = std::ranges::find(known, "-" + flag);  // -json
    if (dashed != known.end()) return *dashed;
    return same == known.end() ? std::nullopt : std::optional(*same);
}

/// As kubectl names files, for commands that take them without a flag.
bool means_file(const std::string& flag, const CLI::App& command) {
    const bool named = flag == "-f" || flag == "--file" || flag == "--filename";
    return named && (command.get_option_no_throw("file") || command.get_option_no_throw("old"));
}

bool is_number(const std::string& word) {
    return word.size() > 1 && word.find_first_not_of("0123456789.-") == std::string::npos;
}

/// Of this command, or of one above it; null when none has it.
const CLI::Option* option_of(const CLI::App& command, const std::string& flag) {
    for (const CLI::App* at = &command; at; at = at->get_parent()) {
        if (const CLI::Option* option = at->get_option_no_throw(flag)) return option;
    }
    return nullptr;
}

/// The first flag that the command does not have. What stands behind a flag that takes a value is
/// that value, unless it begins as a long flag does.
std::optional<std::string> unknown_flag(const Words& args, const CLI::App& command) {
    bool value_comes = false;
    for (const std::string& arg : args) {
        const bool is_value = std::exchange(value_comes, false) && !arg.starts_with("--");
        std::string flag = arg.substr(0, arg.find('='));
        if (is_value || flag.size() < 2 || flag[0] != '-' || flag == "--" || is_number(flag))
            continue;
        const CLI::Option* option = option_of(command, flag);
        if (!option) return flag;
        value_comes = flag.size() == arg.size() && option->get_items_expected_min() > 0;
    }
    return std::nullopt;
}

/// CLI11's words, "--quiet excludes --json", in ours; nothing when they say something else.
std::optional<std::string> exclusion(const std::string& what) {
    constexpr std::string_view kExcludes = " excludes ";
    const std::size_t at = what.find(kExcludes);
    if (!what.starts_with('-') || at == std::string::npos) return std::nullopt;
    return fmt::format("{} and {} exclude each other", what.substr(0, at),
                       what.substr(at + kExcludes.size()));
}

/// Into `d`: which of the commands `below` the one of that `name` wants.
void explain_command(const std::optional<std::string>& next, const Words& below,
                     const std::string& name, Diagnostic& d) {
    const std::string program = name.empty() ? "sni-lab" : "sni-lab " + name;
    if (!next) {
        d.message = fmt::format("{} needs a command", program);
        d.hint = fmt::format("one of {}", fmt::join(below, ", "));
        return;
    }
    d.message = fmt::format("there is no command \"{}\"{}", printable(*next),
                            name.empty() ? "" : " for " + program);
    if (const auto near = nearest(*next, below))
        d.hint = fmt::format("did you mean {} {}?", program, *near);
}

/// The first flag of one value that has several.
const CLI::Option* repeated_flag(const CLI::App& command, const Words& args) {
    const auto all = command.get_options([&](const CLI::Option* option) {
        if (option->get_items_expected_max() != 1 || !option->nonpositional()) return false;
        if (option->get_multi_option_policy() != CLI::MultiOptionPolicy::Throw) return false;
        return std::ranges::count_if(args, [&](const std::string& arg) {
                   const std::string flag = arg.substr(0, arg.find('='));
                   return flag.starts_with('-') && option->check_name(flag);
               }) > 1;
    });
    return all.empty() ? nullptr : all.front();
}

}  // namespace

const CLI::App* command_in(const CLI::App& app, const Words& args) {
    const CLI::App* command = follow(app, args).command;
    return command == &app ? nullptr : command;
}

bool names_no_command(const CLI::App& app, const Words& args) {
    const auto [command, next] = follow(app, args);
    return next && !command_names(*command).empty() && command->get_require_subcommand_min() > 0;
}

void refuse_empty_values(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() == 0 ||
            std::ranges::find(option->results(), "") == option->results().end())
            continue;
        throw Failure(Exit::usage, code::kUsage, fmt::format("{} is empty", option->get_name()), {},
                      "was a variable not set? Leave the flag out, or give it a value");
    }
}

void refuse_values_of_switches(const CLI::App& command, const Words& args) {
    for (const std::string& arg : args) {
        const std::size_t equals = arg.find('=');
        if (equals == std::string::npos || !arg.starts_with("--")) continue;
        const std::string flag = arg.substr(0, equals), value = arg.substr(equals + 1);
        const CLI::Option* option = command.get_option_no_throw(flag);
        if (!option || option->get_items_expected_max() > 0 || value == "true" || value == "false")
            continue;
        throw Failure(
            Exit::usage, code::kUsage,
            fmt::format("{} takes no value, and was given \"{}\"", flag, printable(value)), {},
            fmt::format("write {} alone, or leave it out", flag));
    }
}

void refuse_no_command(const Words& trailing) {
    if (!trailing.empty() && !trailing.front().empty()) return;
    throw Failure(Exit::usage, code::kUsage, "no command behind --", {},
                  "was a variable not set? Write the command behind --, or leave -- out");
}

Diagnostic explain_usage(const std::string& what, const CLI::App& app, const Words& args) {
    const auto [command, next] = follow(app, args);
    const std::string name = words_of(*command);
    const std::string program = name.empty() ? "sni-lab" : "sni-lab " + name;
    Diagnostic d{.code = std::string(code::kUsage),
                 .message = printable(what),
                 .hint = fmt::format("see {} --help", program)};
    const Words below = command_names(*command);
    if (const auto flag = unknown_flag(args, *command)) {
        d.message = fmt::format("there is no flag {}{}", printable(*flag),
                                name.empty() ? "" : " for " + program);
        if (name == "up" && std::ranges::find(args, "--once") != args.end()) {
            d.hint = std::string(kOnce);
        } else if (means_file(*flag, *command)) {
            d.hint = fmt::format("files stand without a flag: {} FILE…", program);
        } else if (const auto near = nearest_flag(*flag, flag_names(*command))) {
            d.hint = fmt::format("did you mean {}?", *near);
        }
        return d;
    }
    if (!below.empty() && command->get_require_subcommand_min() > 0) {
        explain_command(next, below, name, d);
        return d;
    }
    for (const std::string& arg : args) {
        if (!arg.starts_with("--") || !arg.ends_with('=')) continue;
        d.message = fmt::format("{} is empty", arg.substr(0, arg.size() - 1));
        d.hint = "was a variable not set? Leave the flag out, or give it a value";
        return d;
    }
    // CLI11's words: "--tail: 1 required N:UINT in [0 - 9] missing".
    const std::string_view whose = std::string_view(what).substr(0, what.find(':'));
    const CLI::Option* wants =
        what.ends_with(" missing") ? command->get_option_no_throw(std::string(whose)) : nullptr;
    if (wants && !wants->get_positional()) {
        d.message = fmt::format("{} needs a value: {}", whose, value_text(*wants));
        return d;
    }
    if (const CLI::Option* repeated = repeated_flag(*command, args)) {
        d.message = fmt::format("{} stands there more than once", repeated->get_name());
        d.hint = "give it once";
        return d;
    }
    if (const auto words = exclusion(d.message)) {
        d.message = *words;
        d.hint = "leave one of them out";
    } else if (name == "up" && std::ranges::find(args, "--once") != args.end()) {
        d.hint = std::string(kOnce);
    }
    return d;
}

}  // namespace sni::cli
