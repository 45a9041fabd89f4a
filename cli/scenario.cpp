#include "cli/scenario.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/output.h"
#include "certs/store.h"
#include "cli/flags.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"
#include "lab/core/suggest.h"
#include "lab/core/wrap.h"
#include "lab/report/json.h"
#include "lab/report/text.h"
#include "lab/scenario/catalogue.h"
#include "lab/scenario/checks.h"

namespace sni::cli {

namespace {

using manifest::File;
using scenario::CatalogueEntry;

std::string base_name(const File& file) {
    return file.name.substr(file.name.rfind('/') + 1);
}

const File* file_of(const CatalogueEntry& entry, std::string_view name) {
    const auto found =
        std::ranges::find(entry.files, entry.name + "/" + std::string(name), &File::name);
    return found == entry.files.end() ? nullptr : &*found;
}

std::string lesson_of(const CatalogueEntry& entry) {
    const File* checks = file_of(entry, "checks.yaml");
    return checks ? scenario::parse_checks(*checks).checks.teaches : "";
}

Exit list_scenarios(bool as_json, Streams io) {
    nlohmann::json document = {{"schema", "sni-lab/scenarios/1"},
                               {"scenarios", nlohmann::json::array()}};
    std::string text;
    for (const CatalogueEntry& entry : scenario::catalogue()) {
        const std::string lesson = lesson_of(entry);
        document["scenarios"].push_back({{"name", entry.name}, {"teaches", lesson}});
        text += fmt::format("{:<20}  {}\n", entry.name, wrapped(lesson, 76, std::string(22, ' ')));
    }
    if (as_json) {
        io.out << report::print(document);
        return Exit::yes;
    }
    io.out << text
           << "\nRead one: sni-lab scenario show NAME     play it: sni-lab scenario run NAME\n";
    return Exit::yes;
}

bool is_lesson_file(const std::filesystem::directory_entry& file) {
    const std::string extension = file.path().extension().string();
    std::error_code none;
    return (extension == ".md" || extension == ".yaml" || extension == ".yml" ||
            extension == ".json") &&
           file.is_regular_file(none);
}

/// A folder of one's own, read as the catalogue has its own.
std::optional<CatalogueEntry> entry_in_folder(const std::string& name) {
    namespace fs = std::filesystem;
    std::error_code failed;
    const bool folder = fs::is_directory(name, failed);
    if (!folder && failed != std::errc::permission_denied) return std::nullopt;
    CatalogueEntry entry{.name = name, .files = {}};
    fs::directory_iterator at(name, failed);
    for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
        if (!is_lesson_file(*at)) continue;
        const std::string base = at->path().filename().string();
        entry.files.push_back(
            {.name = fmt::format("{}/{}", name, base), .text = certs::read_file(at->path())});
    }
    if (failed) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("cannot read \"{}\"", printable(name)), failed.message());
    }
    std::ranges::sort(entry.files, {}, &File::name);
    return entry;
}

CatalogueEntry entry_named(const std::string& name) {
    if (const CatalogueEntry* entry = scenario::find_scenario(name)) return *entry;
    if (auto entry = entry_in_folder(name)) return *std::move(entry);
    const auto near = nearest(name.substr(0, 64), scenario::scenario_names(), 3);
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("there is no scenario \"{}\"", printable(name)),
                  "and no folder of that name",
                  near ? fmt::format("did you mean {}?", *near)
                       : std::string("sni-lab scenario list names them all"));
}

const File& wanted_file(const CatalogueEntry& entry, const std::string& name) {
    if (const File* wanted = file_of(entry, name)) return *wanted;
    std::string known;
    for (const File& file : entry.files) {
        known += (known.empty() ? "" : ", ") + base_name(file);
    }
    throw Failure(
        Exit::usage, code::kUsage,
        fmt::format("scenario {} has no file \"{}\"", printable(entry.name), printable(name)), {},
        fmt::format("it has {}", printable(known)));
}

/// All its files, or the one that was asked for.
nlohmann::json files_json(const CatalogueEntry& entry, const File* only) {
    nlohmann::json files = nlohmann::json::array();
    for (const File& file : entry.files) {
        if (!only || only == &file)
            files.push_back({{"name", base_name(file)}, {"text", file.text}});
    }
    return {{"schema", "sni-lab/lesson/1"},
            {"name", entry.name},
            {"teaches", lesson_of(entry)},
            {"files", std::move(files)}};
}

/// The lesson, or one of the scenario's files as it is.
Exit show_scenario(const std::string& name, const std::string& file, bool as_json, Streams io) {
    const CatalogueEntry entry = entry_named(name);
    if (const auto warning = shadowed(name)) io.err << render(*warning);
    const File* wanted = file.empty() ? nullptr : &wanted_file(entry, file);
    if (as_json || wanted) {
        io.out << (as_json ? report::print(files_json(entry, wanted)) : wanted->text);
        return Exit::yes;
    }
    if (const File* readme = file_of(entry, "README.md")) io.out << readme->text;
    io.out << "\nIts files:\n";
    for (const File& f : entry.files) {
        if (base_name(f) == "README.md") continue;
        io.out << fmt::format("    sni-lab scenario show {} {}\n", shell_quoted(name),
                              shell_quoted(base_name(f)));
    }
    return Exit::yes;
}

/// What may stand in a scenario's files: the catalogue's own page, which the binary has, too.
Exit show_fields(Streams io) {
    for (const scenario::EmbeddedFile& file : scenario::embedded_files()) {
        if (file.path == "README.md") io.out << file.text;
    }
    return Exit::yes;
}

Exit run_scenarios(const ScenarioRunOptions& options, Streams io) {
    if (options.all && !options.names.empty())
        refuse("--all is every scenario of the catalogue", "leave it out, or the names");
    if (!options.all && options.names.empty()) {
        throw Failure(Exit::usage, code::kUsage, "name the scenarios to run, or write --all", {},
                      "sni-lab scenario list names them all");
    }
    refuse_two_on_stdout({{"--json", options.json}, {"--junit", is_stdout(options.junit)}});
    certs::clear_output(options.junit);
    for (const std::string& gateway : options.gateways) {
        io.err << port_taken(std::string_view(gateway).substr(gateway.find('=') + 1));
    }
    const bool talks = !options.json && !is_stdout(options.junit);
    // All of them before the first is played: one of the names may be nobody's.
    std::vector<LoadedScenario> all;
    for (const std::string& name : options.all ? scenario::scenario_names() : options.names) {
        all.push_back(load_to_run(name, options));
    }
    std::vector<ScenarioRun> runs;
    for (LoadedScenario& one : all) {
        runs.push_back(run_scenario(std::move(one), options));
        tell_warnings(runs.back().warnings, io.err);
        if (talks) {
            io.out << report::shown(to_text(runs.back(), options.verbose), style_of(io.out))
                   << std::flush;
        }
        if (!io.out) break;  // nobody reads the rest
    }
    if (talks || options.json) io.out << (options.json ? to_json(runs) : summary(runs));
    io.out.flush();
    if (!options.junit.empty()) print_document(options.junit, to_junit(runs), io.out);
    return exit_of(runs);
}

}  // namespace

bool ScenarioRun::met() const {
    return std::ranges::all_of(checks, &play::Played::met);
}

bool ScenarioRun::undecided() const {
    return std::ranges::any_of(checks, &play::Played::undecided);
}

bool ScenarioRun::noticed() const {
    return std::ranges::any_of(
        checks, [](const play::Played& played) { return !played.met() && !played.undecided; });
}

Exit ScenarioRun::exit() const {
    if (noticed()) return without_fault ? Exit::yes : Exit::no;
    if (undecided()) return Exit::inconclusive;
    return without_fault ? Exit::no : Exit::yes;
}

Exit exit_of(const std::vector<ScenarioRun>& runs) {
    Exit exit = Exit::yes;
    for (const ScenarioRun& run : runs) {
        exit = worse(exit, run.exit());
    }
    return exit;
}

namespace {

void add_list(CLI::App& scenario, Action& chosen) {
    auto as_json = std::make_shared<bool>(false);
    CLI::App* list = add_command(scenario, "list", "All scenarios, and what each teaches");
    list->add_flag("--json", *as_json, "One JSON document, schema sni-lab/scenarios/1");
    list->footer("Example: sni-lab scenario list");
    list->callback([as_json, &chosen] {
        chosen = [as_json](Streams io) { return list_scenarios(*as_json, io); };
    });
}

void add_show(CLI::App& scenario, Action& chosen) {
    auto name = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    auto as_json = std::make_shared<bool>(false);
    CLI::App* show = add_command(scenario, "show", "The lesson of one, or a file of it");
    show->add_option("name", *name, "Name of the catalogue, or a folder of your own")->required();
    show->add_option("file", *file, "One of its files, such as manifests.yaml");
    show->add_flag("--json", *as_json, "One JSON document, schema sni-lab/lesson/1");
    show->footer("Example: sni-lab scenario show wildcard manifests.yaml");
    show->callback([name, file, as_json, &chosen] {
        chosen = [name, file, as_json](Streams io) {
            return show_scenario(*name, *file, *as_json, io);
        };
    });
}

void add_fields(CLI::App& scenario, Action& chosen) {
    CLI::App* fields =
        add_command(scenario, "fields", "Every field of checks.yaml and lab.yaml, to write one");
    fields->footer("Example: sni-lab scenario fields");
    fields->callback([&chosen] { chosen = show_fields; });
}

/// What `run` needs where somebody else's gateway has the manifests.
void add_foreign_gateway(CLI::App& run, ScenarioRunOptions& options) {
    run.add_option("--gateway", options.gateways,
                   "A gateway that has the scenario's manifests, instead of a lab; 8443=HOST:PORT "
                   "for one of several Gateway ports")
        ->type_name("[PORT=]HOST:PORT")
        ->allow_extra_args(false);
    run.add_option("--trust", options.trusts,
                   "What a check trusts that the lab would have: lab-ca, or NAMESPACE/SECRET, for "
                   "--gateway")
        ->type_name("WHO=FILE")
        ->allow_extra_args(false)
        ->needs("--gateway");
    run.add_option("--client-ca", options.client_ca,
                   "CA that signs the clients' certificates, with its key as FILE.key beside it, "
                   "for --gateway")
        ->type_name("FILE")
        ->needs("--gateway");
    run.add_option("--identity", options.identity,
                   "Public half of the backends' identity, for --gateway")
        ->type_name("FILE")
        ->needs("--gateway");
}

void add_run(CLI::App& scenario, Action& chosen) {
    auto options = std::make_shared<ScenarioRunOptions>();
    CLI::App* run =
        add_command(scenario, "run",
                    "Play the checks, and compare what comes of them with what must come of them");
    run->add_option("name", options->names, "Names of the catalogue, or folders of your own");
    run->add_flag("--all", options->all, "Every scenario of the catalogue");
    run->add_flag("--without-fault", options->without_fault,
                  "Without what makes it fail: exit 0 when some check is then not met, else 1")
        ->excludes("--all");
    add_foreign_gateway(*run, *options);
    add_trust_file(*run, options->trust_file);
    add_cluster(*run, options->cluster);
    add_only_gateway(*run, options->cluster, "--only-gateway");
    add_state(*run, options->state);
    run->add_option("--junit", options->junit,
                    "Write JUnit XML there, too; - for stdout in place of the text")
        ->type_name("FILE");
    run->add_flag("--json", options->json, "One JSON document, schema sni-lab/scenario/1");
    run->add_flag("-v,--verbose", options->verbose, "All lines of every check's report");
    run->footer("Example: sni-lab scenario run --all --junit scenarios.xml");
    run->callback([options, &chosen] {
        chosen = [options](Streams io) { return run_scenarios(*options, io); };
    });
}

void add_new(CLI::App& scenario, Action& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* make = add_command(scenario, "new", "Write a folder to start from");
    make->add_option("name", *name, "Name of the folder, and of the scenario")->required();
    make->footer("Example: sni-lab scenario new my-lesson");
    make->callback([name, &chosen] {
        chosen = [name](Streams io) {
            write_new_scenario(*name, io);
            return Exit::yes;
        };
    });
}

}  // namespace

void add_scenario(CLI::App& app, Action& chosen) {
    CLI::App* scenario =
        add_command(app, "scenario", "The catalogue of lessons: list, show, run, new, fields");
    scenario->require_subcommand(1);
    scenario->footer("Example: sni-lab scenario run wildcard");
    add_list(*scenario, chosen);
    add_show(*scenario, chosen);
    add_fields(*scenario, chosen);
    add_run(*scenario, chosen);
    add_new(*scenario, chosen);
}

}  // namespace sni::cli
