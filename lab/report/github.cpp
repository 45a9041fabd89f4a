#include "lab/report/github.h"

#include <set>
#include <string_view>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::report {

namespace {

std::string command(std::string_view kind, std::string_view title, std::string_view message) {
    return fmt::format("::{} title={}::{}\n", kind, escape_command(title, true),
                       escape_command(message));
}

/// What a check amounts to, in a sentence that stands alone.
std::string failing(const Check& check) {
    std::string text(headline(check.counted()));
    std::set<std::string_view> said;  // one cause, several lines, one remedy
    for (const Line& line : check.lines) {
        if (line.mark != Mark::fail && line.mark != Mark::missing) continue;
        text += fmt::format("\n{}: {} [{}]", line.name, line.text, line.code);
        if (!line.hint.empty() && said.insert(line.hint).second)
            text += fmt::format("\n  try: {}", line.hint);
    }
    return text;
}

std::string_view sign(const Check& check) {
    return check.exit() == Exit::yes ? "✅" : "❌";
}

}  // namespace

std::string escape_command(std::string_view text, bool property) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '%':
                escaped += "%25";
                break;
            case '\n':
                escaped += "%0A";
                break;
            case ':':
                escaped += property ? "%3A" : ":";
                break;
            case ',':
                escaped += property ? "%2C" : ",";
                break;
            default:
                escaped += c;
        }
    }
    return printable(escaped);
}

std::string escape_markdown(std::string_view text) {
    std::string escaped;
    for (const char c : printable(text)) {
        // Entities are the only escapes that hold in code, links and tables alike.
        constexpr std::string_view kSpecial = "&<>|`*_[]()!#\\~@";
        if (kSpecial.find(c) == std::string_view::npos) {
            escaped += c;
        } else {
            escaped += fmt::format("&#{};", static_cast<int>(c));
        }
    }
    return escaped;
}

std::string to_github(const Report& report) {
    std::string text;
    for (const Check& check : report.checks) {
        if (check.exit() != Exit::yes) {
            text += command("error", "sni-lab: " + check.name, failing(check));
        }
    }
    for (const Control& control : report.controls) {
        if (control.caught()) continue;
        text += command("error", "sni-lab self-test: " + control.name, control.complaint());
    }
    if (report.nothing_shown()) {
        text += command("error", "sni-lab", "INCONCLUSIVE\nno check asked for a proof");
    }
    if (text.empty()) text = command("notice", "sni-lab", headline(report.verdict()));
    return text;
}

std::string to_markdown(const Report& report) {
    std::string text =
        fmt::format("## sni-lab verify: {}\n\n| | check | gateway | verdict |\n|---|---|---|---|\n",
                    headline(report.verdict()));
    for (const Check& check : report.checks) {
        text += fmt::format(
            "| {} | {} | {} | {} |\n", sign(check), escape_markdown(check.name),
            escape_markdown(check.where()),
            check.refused_as_expected() ? "refused, as expected" : headline(check.counted()));
    }
    for (const Check& check : report.checks) {
        if (check.exit() == Exit::yes) continue;
        text += fmt::format("\n### {}\n\n| line | | code |\n|---|---|---|\n",
                            escape_markdown(check.name));
        for (const Line& line : check.lines) {
            if (line.mark == Mark::pass || line.mark == Mark::info) continue;
            text += fmt::format("| {} | {} | {} |\n", escape_markdown(line.name),
                                escape_markdown(line.text), escape_markdown(line.code));
        }
    }
    if (!report.controls.empty()) {
        text += "\n### Gateways that cheat\n\n| | cheat | found | honest |\n|---|---|---|---|\n";
        for (const Control& control : report.controls) {
            text += fmt::format("| {} | {} | {} | {} |\n", control.caught() ? "✅" : "❌",
                                escape_markdown(control.name), to_string(control.found),
                                to_string(control.honest));
        }
    }
    return text + "\n";
}

}  // namespace sni::report
