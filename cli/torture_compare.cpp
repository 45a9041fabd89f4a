// sni-lab torture compare: the runs of several gateways beside each other.
#include <memory>
#include <ostream>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/files.h"
#include "certs/output.h"
#include "cli/flags.h"
#include "cli/torture.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/torture/show/page.h"

namespace sni::cli {

namespace {

struct CompareFlags {
    std::vector<std::string> files;
    std::filesystem::path html;
    bool markdown = false;
};

torture::Run read_one(const std::string& file) {
    auto run = torture::read_run(certs::read_file(file));
    if (!run) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("{} is no run of torture", printable(file)), run.error(),
                      "sni-lab torture --json > FILE writes one");
    }
    return std::move(*run);
}

Exit run_compare(const CompareFlags& flags, Streams io) {
    refuse_two_on_stdout({{"--markdown", flags.markdown}, {"--html", is_stdout(flags.html)}});
    std::vector<torture::Run> runs;
    runs.reserve(flags.files.size());
    for (const std::string& file : flags.files) {
        runs.push_back(read_one(file));
    }
    certs::clear_output(flags.html);
    if (!flags.html.empty()) print_document(flags.html, torture::to_html(runs), io.out);
    if (flags.markdown) {
        io.out << torture::to_markdown(runs);
    } else if (flags.html.empty()) {
        io.out << torture::to_text(runs);
    }
    return Exit::yes;
}

}  // namespace

void add_torture_compare(CLI::App& torture, Action& chosen) {
    auto flags = std::make_shared<CompareFlags>();
    CLI::App* cmd = add_command(torture, "compare", "What several gateways did, side by side");
    cmd->add_option("files", flags->files, "Documents of torture --json")
        ->required()
        ->type_name("FILE...");
    cmd->add_option("--html", flags->html,
                    "Write a page there: shapes by gateways, which needs nothing else")
        ->type_name("FILE");
    cmd->add_flag("--markdown", flags->markdown, "A table with a row for each gateway");
    cmd->footer("Example: sni-lab torture compare haproxy.json nginx.json --html torture.html");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_compare(*flags, io); }; });
}

}  // namespace sni::cli
