// sni-lab explain: what a code or a line of a report means, how it happens, and how to mend it.
#include "lab/report/explain.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/flags.h"
#include "lab/analyze/codes.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::cli {

namespace {

struct ExplainOptions {
    std::string what;
    bool list = false;
    bool json = false;
};

std::vector<CodeText> every_code() {
    std::vector<CodeText> all(code::texts().begin(), code::texts().end());
    all.insert(all.end(), analyze::codes().begin(), analyze::codes().end());
    return all;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

nlohmann::ordered_json to_json(const CodeText& code) {
    return {{"code", code.id},
            {"line", code.name},
            {"means", code.means},
            {"happens", code.happens},
            {"mend", code.mend}};
}

Exit print_json(const std::vector<CodeText>& codes, const std::vector<report::LineMeaning>& lines,
                std::ostream& out) {
    nlohmann::ordered_json document = {{"schema", "sni-lab/explain/1"},
                                       {"codes", nlohmann::ordered_json::array()},
                                       {"lines", nlohmann::ordered_json::array()}};
    for (const CodeText& code : codes)
        document["codes"].push_back(to_json(code));
    for (const report::LineMeaning& line : lines) {
        document["lines"].push_back({{"line", line.line}, {"asks", line.means}});
    }
    out << document.dump(2) << '\n';
    return Exit::yes;
}

Exit print_list(std::ostream& out) {
    for (const CodeText& code : every_code()) {
        out << fmt::format("{:<20} {}\n", code.id, code.means);
    }
    out << "\nLines of a report:\n";
    for (const report::LineMeaning& line : report::line_meanings()) {
        out << fmt::format("{:<20} {}\n", line.line, line.means);
    }
    return Exit::yes;
}

Failure unknown(const std::string& what) {
    std::vector<std::string> known;
    for (const CodeText& code : every_code())
        known.emplace_back(code.id);
    for (const report::LineMeaning& line : report::line_meanings())
        known.emplace_back(line.line);
    auto near = nearest(what, known);
    if (!near) near = nearest(upper(what), known);
    return {Exit::usage,
            code::kUsage,
            fmt::format("\"{}\" is no code, line of a report or word of a log", printable(what)),
            {},
            near ? fmt::format("did you mean sni-lab explain {}?",
                               near->find(' ') == std::string::npos ? *near : '"' + *near + '"')
                 : std::string("codes stand in brackets at the end of a line: [SL2307]; sni-lab "
                               "explain --list has them all")};
}

Exit run_explain(const ExplainOptions& options, Streams io) {
    const auto every_line = report::line_meanings();
    if (options.list && !options.what.empty())
        refuse("--list is of every code", "leave it out, or the code");
    if (options.list) {
        if (options.json) {
            return print_json(every_code(), {every_line.begin(), every_line.end()}, io.out);
        }
        return print_list(io.out);
    }
    if (options.what.empty()) {
        throw Failure(Exit::usage, code::kUsage, "explain what?", {},
                      "as in sni-lab explain SL2307; sni-lab explain --list has them all");
    }
    const auto found = report::explain(options.what, every_code());
    const report::LineMeaning* line = report::find_line(options.what);
    if (found.empty() && !line) throw unknown(options.what);
    if (options.json) {
        std::vector<report::LineMeaning> lines;
        if (line) lines.push_back(*line);
        return print_json(found, lines, io.out);
    }
    if (line) io.out << report::to_text(*line);
    bool first = !line;
    for (const CodeText& explanation : found) {
        if (!first) io.out << '\n';
        first = false;
        io.out << report::to_text(explanation);
    }
    return Exit::yes;
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<ExplainOptions>();
    CLI::App* cmd = add_command(
        app, "explain",
        "What a code, a line of a report, or a word of the router's log or of match means");
    cmd->add_option("code", options->what,
                    "SL2307, IST0101, X-DOUBLE-TLS, a line's name, such as session, or a word of "
                    "the router's access log or of match, such as no_route");
    cmd->add_flag("--list", options->list, "Every code and every line, a sentence each");
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/explain/1");
    cmd->footer("Example: sni-lab explain SL2307");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) { return run_explain(*options, io); };
    });
}

}  // namespace sni::cli
