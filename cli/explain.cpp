// sni-lab explain: what a line of a report means, how it happens, and how to mend it.
#include "lab/report/explain.h"

#include <memory>
#include <ostream>
#include <string>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::cli {

namespace {

Exit run_explain(const std::string& what, Streams io) {
    const auto found = report::explain(what);
    if (found.empty()) {
        std::vector<std::string> known;
        for (const report::Explanation& e : report::explanations()) {
            known.emplace_back(e.code);
            known.emplace_back(e.line);
        }
        const auto near = nearest(what, known);
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("\"{}\" is no code or line of a report", printable(what)), {},
                      near ? fmt::format("did you mean sni-lab explain {}?", *near)
                           : std::string("codes stand in brackets at the end of a line: [SL2307]"));
    }
    bool first = true;
    for (const report::Explanation& explanation : found) {
        if (!first) io.out << '\n';
        first = false;
        io.out << report::to_text(explanation);
    }
    return Exit::yes;
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
    auto what = std::make_shared<std::string>();
    CLI::App* cmd = add_command(app, "explain", "What a code or a line of a report means");
    cmd->add_option("code", *what, "SL2307, or the line's name, such as session")->required();
    cmd->footer("Example: sni-lab explain SL2307");
    cmd->callback(
        [what, &chosen] { chosen = [what](Streams io) { return run_explain(*what, io); }; });
}

}  // namespace sni::cli
