// Manual pages in man(7), from the same tables as --help.
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

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

std::string name_and_value(const FlagInfo& flag, const std::string& names) {
    std::string text = fmt::format("\\fB{}\\fR", troff(names));
    if (!flag.value.empty()) text += fmt::format(" \\fI{}\\fR", troff(flag.value));
    return text + "\n";
}

std::string synopsis(const CommandInfo& command) {
    std::string text = fmt::format(".B sni\\-lab {}\n", troff(command.words()));
    if (!command.commands.empty()) text += ".I COMMAND\n";
    for (const FlagInfo& flag : command.flags) {
        if (flag.required) text += name_and_value(flag, flag.long_name);
    }
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
        text += ".TP\n" + name_and_value(flag, names) + troff(flag.help);
        text += flag.required ? " (required)\n" : "\n";
    }
    return text;
}

/// What stands under --help behind the flags.
struct Footer {
    std::string notes;  ///< whole lines
    std::vector<std::string> examples;
};

/// Examples begin with "Example: ", and what is indented behind one is another.
Footer read_footer(const std::string& text) {
    constexpr std::string_view kExample = "Example: ";
    Footer footer;
    bool example = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t indented = line.find_first_not_of(' ');
        const bool begins = line.starts_with(kExample);
        example = begins || (example && indented > 0 && indented != std::string::npos);
        if (example) {
            footer.examples.push_back(line.substr(begins ? kExample.size() : indented));
        } else {
            footer.notes += line + "\n";
        }
    }
    return footer;
}

std::string examples_section(const std::vector<std::string>& examples) {
    std::string text = ".SH EXAMPLES\n.nf\n";
    for (const std::string& example : examples) {
        text += troff(example) + "\n";
    }
    return text + ".fi\n";
}

constexpr std::string_view kWholeProgram =
    R"(.SH EXIT STATUS
.TP
0
yes
.TP
1
no: terminated, re\-encrypted, altered in transit, report altered, or an answer other than expected
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
.TP
143, 130, 129
no answer: SIGTERM, SIGINT or SIGHUP came before there was one
.PP
When several hold, the first of 2, 7, 4, 1, 5, 3, 6, 0 is the answer.
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

constexpr std::string_view kExitStatus =
    R"(.SH EXIT STATUS
0 yes, 1 no, 2 wrong usage, 3 inconclusive, 4 not routed, 5 certificate problem,
6 readable in transit, 7 the machine failed; 143, 130, 129 when a signal came before the answer.
.BR sni\-lab (1)
has them in full; where a command says more about its own, it is above.
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
    const Footer footer = read_footer(command.footer);
    if (!footer.notes.empty()) text += ".SH NOTES\n" + troff(footer.notes);
    if (!footer.examples.empty()) text += examples_section(footer.examples);
    if (command.path.empty()) return text + std::string(kWholeProgram);
    const CommandInfo* parent =
        find_command(root, {command.path.begin(), std::prev(command.path.end())});
    text += kExitStatus;
    return text + fmt::format(".SH SEE ALSO\n.BR {} (1)\n", troff(page_name(*parent)));
}

}  // namespace sni::cli
