// What bash, zsh and fish read to complete sni-lab's command lines.
#include <algorithm>
#include <array>
#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command_tree.h"
#include "lab/scenario/catalogue.h"

namespace sni::cli {

namespace {

/// Inside single quotes, for bash and zsh.
std::string in_quotes(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c == '\n' ? ' ' : c;
        }
    }
    return quoted;
}

/// fish knows \' and \\ inside single quotes.
std::string in_fish_quotes(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c == '\n' ? ' ' : c;
    }
    return quoted;
}

/// Commands that take a scenario of the catalogue by name.
bool takes_scenario(const CommandInfo& command) {
    const bool names_one = std::ranges::any_of(
        command.arguments, [](const ArgumentInfo& a) { return a.name == "scenario"; });
    const bool of_catalogue =
        command.path.size() == 2 && command.path[0] == "scenario" && command.path[1] != "new";
    constexpr std::array<std::string_view, 4> kOfManifests = {"analyze", "diff", "export", "route"};
    const bool of_manifests =
        std::ranges::find(kOfManifests, command.words()) != kOfManifests.end();
    return names_one || of_manifests || (of_catalogue && !command.arguments.empty());
}

/// What can stand where no flag does, beside files; empty: nobody knows.
std::vector<std::string> positional_words(const CommandInfo& root, const CommandInfo& command) {
    if (takes_scenario(command)) return scenario::scenario_names();
    if (command.words() == "completion") return {"bash", "zsh", "fish"};
    std::vector<std::string> names;
    if (command.words() != "help" && command.words() != "man") return names;
    for (const CommandInfo& one : root.commands) {
        names.push_back(one.path.back());
    }
    return names;
}

/// The shell's `case` that walks the words before the cursor down to the command they name.
std::string walk(const CommandInfo& root, std::string_view indent) {
    std::string text;
    for (const CommandInfo* command : all_commands(root)) {
        if (command->path.empty()) continue;
        std::vector<std::string> parent = command->path;
        parent.pop_back();
        text += fmt::format("{}\"{} {}\") command=\"{}\" ;;\n", indent, fmt::join(parent, " "),
                            command->path.back(), command->words());
    }
    return text;
}

/// What the shell offers behind a flag.
struct Offer {
    bool files = false;
    std::string words;  ///< between blanks; empty: nobody knows
    auto operator<=>(const Offer&) const = default;
};

Offer offer_of(const FlagInfo& flag) {
    Offer offer{.files = flag.value.contains("FILE") || flag.value.contains("DIR"),
                .words = fmt::format("{}", fmt::join(flag.choices, " "))};
    if (flag.long_name == "--scenario")
        offer.words = fmt::format("{}", fmt::join(scenario::scenario_names(), " "));
    return offer;
}

std::string bash_offer(const Offer& offer) {
    if (offer.files) return "_sni_lab_files; return";
    if (offer.words.empty()) return "return";
    return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\")); return", offer.words);
}

std::string zsh_offer(const Offer& offer) {
    if (offer.files) return "_files; return";
    if (offer.words.empty()) return "return";
    return fmt::format("compadd {}; return", offer.words);
}

/// The shell's `case` of a command and the flag before the cursor: `line` says what to do then.
std::string behind_flags(const CommandInfo& root, std::string_view indent,
                         std::string (*line)(const Offer&)) {
    std::map<Offer, std::vector<std::string>> flags;
    for (const CommandInfo* command : all_commands(root)) {
        for (const FlagInfo& flag : command->flags) {
            if (flag.value.empty()) continue;
            for (const std::string& name : {flag.long_name, flag.short_name}) {
                if (name.empty()) continue;
                flags[offer_of(flag)].push_back(fmt::format("\"{} {}\"", command->words(), name));
            }
        }
    }
    std::string text;
    for (const auto& [offer, names] : flags) {
        text += fmt::format("{}{}) {} ;;\n", indent, fmt::join(names, "|"), line(offer));
    }
    return text;
}

std::string fish_condition(const CommandInfo& command) {
    if (command.path.empty()) return "__fish_use_subcommand";
    std::vector<std::string> tests;
    tests.reserve(command.path.size() + 1);
    for (const std::string& word : command.path) {
        tests.push_back("__fish_seen_subcommand_from " + word);
    }
    if (!command.commands.empty()) {
        std::vector<std::string> below;
        below.reserve(command.commands.size());
        for (const CommandInfo& one : command.commands)
            below.push_back(one.path.back());
        tests.push_back(fmt::format("not __fish_seen_subcommand_from {}", fmt::join(below, " ")));
    }
    return fmt::format("{}", fmt::join(tests, "; and "));
}

/// -x: a value that is no file.
std::string fish_value(const FlagInfo& flag) {
    if (flag.value.empty()) return {};
    const Offer offer = offer_of(flag);
    if (offer.files) return " -r";
    return offer.words.empty() ? " -x" : fmt::format(" -x -a '{}'", offer.words);
}

}  // namespace

std::string bash_completion(const CommandInfo& root) {
    std::string text =
        "# bash completion for sni-lab: source it, or put it into\n"
        "# ~/.local/share/bash-completion/completions/sni-lab\n"
        "_sni_lab_files() {\n"
        "    local file\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    while IFS= read -r file; do COMPREPLY+=(\"$file\"); done < <(compgen -f -- "
        "\"$current\")\n"
        "}\n"
        "_sni_lab() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command=\"\" word words=\"\"\n"
        "    [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD-2]}\n"
        "    [[ $current == = ]] && current=\"\"\n"
        "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        [[ $word == -- ]] && { COMPREPLY=(); _sni_lab_files; return; }\n"
        "        case \"$command $word\" in\n" +
        walk(root, "            ") +
        "        esac\n"
        "    done\n"
        "    case \"$command $previous\" in\n" +
        behind_flags(root, "        ", bash_offer) +
        "    esac\n"
        "    case \"$command\" in\n";
    for (const CommandInfo* command : all_commands(root)) {
        std::vector<std::string> words;
        words.reserve(command->commands.size() + 2 * command->flags.size());
        for (const CommandInfo& below : command->commands)
            words.push_back(below.path.back());
        for (const FlagInfo& flag : command->flags) {
            words.push_back(flag.long_name);
            if (!flag.short_name.empty()) words.push_back(flag.short_name);
        }
        std::ranges::copy(positional_words(root, *command), std::back_inserter(words));
        text +=
            fmt::format("        \"{}\") words='{}' ;;\n", command->words(), fmt::join(words, " "));
    }
    return text +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    [[ $current == -* || -z $command ]] || _sni_lab_files\n"
           "}\n"
           "complete -F _sni_lab sni-lab\n";
}

std::string zsh_completion(const CommandInfo& root) {
    std::string text =
        "#compdef sni-lab\n"
        "# zsh completion for sni-lab: put it into a folder of $fpath as _sni-lab\n"
        "_sni_lab() {\n"
        "    local command=\"\" word\n"
        "    local -a commands flags names\n"
        "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
        "        case \"$command $word\" in\n" +
        walk(root, "            ") +
        "        esac\n"
        "    done\n"
        "    case \"$command $words[CURRENT-1]\" in\n" +
        behind_flags(root, "        ", zsh_offer) +
        "    esac\n"
        "    case \"$command\" in\n";
    for (const CommandInfo* command : all_commands(root)) {
        text += fmt::format("        \"{}\")\n", command->words());
        for (const CommandInfo& below : command->commands) {
            text += fmt::format("            commands+=('{}:{}')\n", below.path.back(),
                                in_quotes(below.help));
        }
        for (const FlagInfo& flag : command->flags) {
            for (const std::string& name : {flag.long_name, flag.short_name}) {
                if (name.empty()) continue;
                text += fmt::format("            flags+=('{}:{}')\n", name, in_quotes(flag.help));
            }
        }
        const std::vector<std::string> names = positional_words(root, *command);
        if (!names.empty()) text += fmt::format("            names=({})\n", fmt::join(names, " "));
        text += "            ;;\n";
    }
    return text +
           "    esac\n"
           "    (( $#commands )) && _describe -t commands command commands\n"
           "    (( $#names )) && compadd -a names\n"
           "    [[ $PREFIX == -* ]] && _describe -o -t flags flag flags\n"
           "    [[ $PREFIX == -* || -z $command ]] || _files\n"
           "}\n"
           "if [[ $funcstack[1] == _sni-lab ]]; then _sni_lab \"$@\"; else compdef _sni_lab "
           "sni-lab; fi\n";
}

std::string fish_completion(const CommandInfo& root) {
    std::string text =
        "# fish completion for sni-lab: put it into ~/.config/fish/completions/sni-lab.fish\n"
        "complete -c sni-lab -n __fish_use_subcommand -f\n";
    for (const CommandInfo* command : all_commands(root)) {
        const std::string when =
            fmt::format("complete -c sni-lab -n '{}'", fish_condition(*command));
        for (const CommandInfo& below : command->commands) {
            text += fmt::format("{} -f -a {} -d '{}'\n", when, below.path.back(),
                                in_fish_quotes(below.help));
        }
        const std::vector<std::string> names = positional_words(root, *command);
        if (!names.empty()) text += fmt::format("{} -a '{}'\n", when, fmt::join(names, " "));
        for (const FlagInfo& flag : command->flags) {
            text += fmt::format("{} -l {}{}{} -d '{}'\n", when, flag.long_name.substr(2),
                                flag.short_name.empty() ? "" : " -s " + flag.short_name.substr(1),
                                fish_value(flag), in_fish_quotes(flag.help));
        }
    }
    return text;
}

}  // namespace sni::cli
