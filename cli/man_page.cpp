// Manual pages in man(7), from the same tables as --help.
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command_tree.h"

namespace sni::cli {

namespace {

/// A backslash, a hyphen and a dot at the start of a line mean something to troff.
std::string troff(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const bool starts = safe.empty() || safe.back() == '\n';
        if (starts && (c == '.' || c == '\'')) safe += "\\&";
        if (c == '\\') {
            safe += "\\e";
        } else if (c == '-') {
            safe += "\\-";
        } else {
            safe += c;
        }
    }
    return safe;
}

std::string upper_case(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

/// "sni-lab-scenario-run"
std::string page_name(const CommandInfo& command) {
    return command.path.empty() ? "sni-lab"
                                : fmt::format("sni-lab-{}", fmt::join(command.path, "-"));
}

std::string synopsis(const CommandInfo& command) {
    std::string text = fmt::format(".B sni\\-lab {}\n", troff(command.words()));
    if (!command.commands.empty()) text += ".I COMMAND\n";
    if (!command.flags.empty()) text += "[\\fIFLAGS\\fR]\n";
    for (const ArgumentInfo& argument : command.arguments) {
        text += argument.required ? fmt::format("\\fI{}\\fR\n", troff(argument.name))
                                  : fmt::format("[\\fI{}\\fR]\n", troff(argument.name));
    }
    return text;
}

std::string flags_section(const CommandInfo& command) {
    std::string text = ".SH OPTIONS\n";
    for (const FlagInfo& flag : command.flags) {
        const std::string names =
            flag.short_name.empty() ? flag.long_name : flag.short_name + ", " + flag.long_name;
        text += fmt::format(".TP\n\\fB{}\\fR", troff(names));
        if (!flag.value.empty()) text += fmt::format(" \\fI{}\\fR", troff(flag.value));
        text += "\n" + troff(flag.help) + "\n";
    }
    return text;
}

constexpr std::string_view kWholeProgram =
    R"(.SH EXIT STATUS
.TP
0
yes
.TP
1
no: terminated, re\-encrypted, report altered, or an answer other than expected
.TP
2
wrong usage, or a bad input file
.TP
3
inconclusive: evidence is missing, which is never a pass
.TP
4
not routed: refused, reset, timed out, backend down, no such lab
.TP
5
certificate problem: name, dates, chain, pin
.TP
6
passed through, but readable in transit: no forward secrecy, or a key log
.TP
7
the machine failed: port in use, permission, disk
.SH ENVIRONMENT
.TP
SNI_LAB_STATE
State folder of commands without
.BR \-\-state .
.TP
NO_COLOR
No colour, whatever the terminal.
.SH FILES
.TP
.I ./.sni\-lab
What a run makes: certificates, keys, the record and the log of the running lab.
)";

}  // namespace

std::string man_file(const CommandInfo& command) {
    return page_name(command) + ".1";
}

std::string man_page(const CommandInfo& root, const CommandInfo& command) {
    std::string text = fmt::format(".TH {} 1 \"\" \"sni\\-lab {}\"\n",
                                   troff(upper_case(page_name(command))), SNI_LAB_VERSION);
    text += fmt::format(".SH NAME\n{} \\- {}\n", troff(page_name(command)), troff(command.help));
    text += ".SH SYNOPSIS\n" + synopsis(command);
    text += fmt::format(".SH DESCRIPTION\n{}.\n", troff(command.help));
    for (const ArgumentInfo& argument : command.arguments) {
        text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", troff(argument.name), troff(argument.help));
    }
    if (!command.commands.empty()) {
        text += ".SH COMMANDS\n";
        for (const CommandInfo& below : command.commands) {
            text +=
                fmt::format(".TP\n\\fB{}\\fR\n{}\n", troff(below.path.back()), troff(below.help));
        }
    }
    if (!command.flags.empty()) text += flags_section(command);
    if (!command.footer.empty()) text += fmt::format(".SH EXAMPLES\n{}\n", troff(command.footer));
    if (command.path.empty()) return text + std::string(kWholeProgram);
    const CommandInfo* parent =
        find_command(root, {command.path.begin(), std::prev(command.path.end())});
    return text + fmt::format(".SH SEE ALSO\n.BR {} (1)\n", troff(page_name(*parent)));
}

}  // namespace sni::cli
