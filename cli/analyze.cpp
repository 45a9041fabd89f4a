// sni-lab analyze: what is wrong with manifests, all of it, before anybody applies them.
#include "lab/analyze/analyze.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/files.h"
#include "certs/inspect_pair.h"
#include "certs/output.h"
#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "lab/analyze/codes.h"
#include "lab/analyze/render.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"
#include "lab/core/suggest.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct AnalyzeFlags {
    std::vector<std::string> files;
    ClusterFlags cluster;
    std::string fail_on = "error";
    std::vector<std::string> suppress;
    std::string baseline;
    std::string write_baseline;
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
    cmd->add_option("--suppress", flags->suppress,
                    "Leave findings out: CODE, or CODE=OBJECT (\"Kind ns/name\"; * and ? stand "
                    "for anything); may be given again")
        ->type_name("CODE[=OBJECT]")
        ->expected(1)
        ->take_all();
    cmd->add_option("--baseline", flags->baseline,
                    "Say only what this file of --write-baseline does not have yet")
        ->type_name("FILE");
    cmd->add_option("--write-baseline", flags->write_baseline,
                    "Write what is found into a file, for --baseline")
        ->type_name("FILE");
    auto* json = cmd->add_flag("--json", flags->json, "One JSON document");
    auto* sarif = cmd->add_flag("--sarif", flags->sarif, "SARIF 2.1.0, for code scanning");
    auto* github = cmd->add_flag("--github", flags->github, "Workflow commands of GitHub Actions");
    json->excludes(sarif)->excludes(github);
    sarif->excludes(github);
    cmd->footer(
        "Example: sni-lab analyze -R manifests/ --namespace passthrough-test --fail-on warning\n"
        "         kustomize build overlays/prod | sni-lab analyze -\n"
        "         helm template shop charts/shop | sni-lab analyze -\n"
        "An object's annotation galley.istio.io/analyze-suppress (codes, or *) counts as with\n"
        "istioctl. How much was left out stands at the end.");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_analyze(*flags, io); }; });
}

namespace {

/// A code that nothing has would suppress nothing, in silence.
void check_rule(const std::string& rule) {
    const std::string code = rule.substr(0, rule.find('='));
    if (code.contains('*') || code.contains('?') || analyze::find_code(code)) return;
    std::vector<std::string> known;
    for (const CodeText& one : analyze::codes()) {
        known.emplace_back(one.id);
    }
    const auto near = code.size() <= 64 ? nearest(code, known, 3) : std::nullopt;
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("analyze reports nothing as \"{}\"", printable(code)), {},
                  near ? fmt::format("did you mean --suppress {}?", *near)
                       : std::string("write --suppress CODE, as it stands in brackets behind a "
                                     "finding"));
}

/// As the lines of a baseline do. Codes that older versions reported may be among them.
bool begins_with_code(const std::string& line) {
    return analyze::find_code(line.substr(0, line.find(' '))) != nullptr;
}

std::vector<std::string> read_baseline(const std::string& path) {
    constexpr std::size_t kLargest = 64u << 20;
    std::istringstream in(certs::read_file(input_file(path), kLargest));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !line.starts_with('#')) lines.push_back(std::move(line));
    }
    if (!lines.empty() && std::ranges::none_of(lines, begins_with_code)) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("--baseline \"{}\" is no baseline", printable(path)),
                      "none of its lines begins with a code that analyze reports",
                      "sni-lab analyze FILE… --write-baseline BASELINE writes one");
    }
    return lines;
}

constexpr std::string_view kBaselineHead =
    "# What sni-lab analyze found when this was written; --baseline FILE leaves it out.\n";

/// `--write-baseline k8s/*.yaml` names the first manifest, and would write over it.
void refuse_no_baseline(const std::string& path) {
    std::error_code none;
    if (path.empty() || !std::filesystem::is_regular_file(path, none)) return;
    std::ifstream in(path, std::ios::binary);
    std::string head(kBaselineHead.size(), '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    if (head.empty() || head == kBaselineHead) return;
    throw Failure(
        Exit::usage, code::kUsage,
        fmt::format("--write-baseline \"{}\" is there, and is no baseline", printable(path)),
        "it would be lost",
        "write --write-baseline FILE, and the manifests before it or behind it");
}

/// What was known before stays known: it is written as well.
void write_baseline(const std::string& path, const analyze::Report& report) {
    std::string text(kBaselineHead);
    for (const analyze::Finding& finding : report.findings) {
        text += analyze::fingerprint(finding) + "\n";
    }
    certs::write_output(path, text);
}

analyze::Options options_of(const AnalyzeFlags& flags) {
    analyze::Options options;
    options.environment = environment_of(flags.cluster);
    options.now = wall_clock();
    options.inspect = certs::inspect_pair;
    options.quiet.rules = flags.suppress;
    for (const std::string& rule : flags.suppress) {
        check_rule(rule);
    }
    if (!flags.baseline.empty()) options.quiet.baseline = read_baseline(flags.baseline);
    return options;
}

Level level_of(std::string_view word) {
    if (word == "info") return Level::info;
    return word == "warning" ? Level::warning : Level::error;
}

void print_report(const analyze::Report& report, const AnalyzeFlags& flags, std::ostream& out) {
    if (flags.json) {
        out << report::print(to_json(report));
    } else if (flags.sarif) {
        out << report::print(to_sarif(report, SNI_LAB_VERSION));
    } else {
        out << (flags.github ? to_github(report) : to_text(report));
    }
}

Exit run_analyze(const AnalyzeFlags& flags, Streams io) {
    refuse_two_on_stdout({{"--json", flags.json},
                          {"--sarif", flags.sarif},
                          {"--write-baseline", is_stdout(flags.write_baseline)}});
    const analyze::Options options = options_of(flags);
    if (flags.write_baseline != flags.baseline) refuse_no_baseline(flags.write_baseline);
    const auto parsed = parse_files(flags.files, flags.cluster);
    require_documents(parsed);
    const analyze::Report report = analyze::analyze(parsed, options);
    if (!flags.write_baseline.empty()) {
        analyze::Options all = options;
        all.quiet.baseline.clear();
        const analyze::Report whole = analyze::analyze(parsed, all);
        write_baseline(flags.write_baseline, whole);
        io.err << fmt::format(
            "{} of {} findings: sni-lab analyze … --baseline {}\n", printable(flags.write_baseline),
            whole.findings.size(),
            is_stdout(flags.write_baseline) ? "FILE" : shell_quoted(flags.write_baseline));
        if (flags.json || flags.sarif)
            print_report(report, flags, io.out);  // one document in any case
        return Exit::yes;
    }
    print_report(report, flags, io.out);
    return report.has(level_of(flags.fail_on)) ? Exit::no : Exit::yes;
}

}  // namespace

}  // namespace sni::cli
