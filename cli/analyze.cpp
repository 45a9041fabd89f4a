// sni-lab analyze: what is wrong with manifests, all of it, before anybody applies them.
#include "lab/analyze/analyze.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/inspect_pair.h"
#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "lab/analyze/render.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct AnalyzeFlags {
    std::vector<std::string> files;
    ClusterFlags cluster;
    std::string fail_on = "error";
    bool json = false;
    bool sarif = false;
    bool github = false;
};

Exit run_analyze(const AnalyzeFlags& flags, Streams io);

}  // namespace

void add_analyze(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<AnalyzeFlags>();
    CLI::App* cmd = add_command(app, "analyze", "Say all that is wrong with manifests");
    cmd->add_option("file", flags->files,
                    "Files, folders, names of scenarios, or - for standard input")
        ->required();
    add_cluster(*cmd, flags->cluster);
    cmd->add_option("--fail-on", flags->fail_on,
                    "Exit 1 from this level on: error, warning or info (default: error)")
        ->check(CLI::IsMember({"error", "warning", "info"}));
    auto* json = cmd->add_flag("--json", flags->json, "One JSON document");
    auto* sarif = cmd->add_flag("--sarif", flags->sarif, "SARIF 2.1.0, for code scanning");
    auto* github = cmd->add_flag("--github", flags->github, "Workflow commands of GitHub Actions");
    json->excludes(sarif)->excludes(github);
    sarif->excludes(github);
    cmd->footer(
        "Example: sni-lab analyze manifests/ --namespace passthrough-test --fail-on "
        "warning");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_analyze(*flags, io); }; });
}

namespace {

analyze::Options options_of(const AnalyzeFlags& flags) {
    analyze::Options options;
    options.setting = setting_of(flags.cluster);
    options.now = wall_clock();
    options.inspect = certs::inspect_pair;
    return options;
}

Level level_of(std::string_view word) {
    if (word == "info") return Level::info;
    return word == "warning" ? Level::warning : Level::error;
}

Exit run_analyze(const AnalyzeFlags& flags, Streams io) {
    const analyze::Options options = options_of(flags);
    const auto parsed =
        manifest::parse_manifests(read_manifests(flags.files), flags.cluster.default_namespace);
    const analyze::Report report = analyze::analyze(parsed, options);
    if (flags.json) {
        io.out << report::print(to_json(report));
    } else if (flags.sarif) {
        io.out << report::print(to_sarif(report, SNI_LAB_VERSION));
    } else {
        io.out << (flags.github ? to_github(report) : to_text(report));
    }
    return report.has(level_of(flags.fail_on)) ? Exit::no : Exit::yes;
}

}  // namespace

}  // namespace sni::cli
