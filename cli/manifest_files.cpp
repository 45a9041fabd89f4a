#include "cli/manifest_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <ostream>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "cli/manifest_folder.h"
#include "cli/scenario_digest.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/documents/documents.h"
#include "lab/net/wait.h"
#include "lab/scenario/catalogue.h"
#include "lab/yaml/yaml.h"

namespace sni::cli {

namespace {

namespace fs = std::filesystem;
using manifest::File;

[[noreturn]] void refuse_file(const std::string& name, std::string why, std::string hint = {}) {
    throw Failure(Exit::usage, code::kUnreadableFile,
                  fmt::format("cannot read \"{}\"", printable(name)), std::move(why),
                  std::move(hint));
}

/// Never more than the limit, whatever the file turns out to be.
std::string read_bounded(std::FILE* file, const std::string& name) {
    const std::size_t limit = yaml::Limits().bytes;
    std::string text;
    std::size_t size = 0;
    while (size <= limit) {
        text.resize(std::min(limit + 1, std::max<std::size_t>(std::size_t{64} * 1024, 2 * size)));
        const std::size_t got = std::fread(text.data() + size, 1, text.size() - size, file);
        size += got;
        if (std::ferror(file) != 0 && errno == EAGAIN) {  // somebody else made it non-blocking
            std::clearerr(file);
            net::wait_for({{::fileno(file)}}, net::kNever);
        } else if (got == 0) {
            break;
        }
    }
    if (std::ferror(file) != 0) refuse_file(name, std::strerror(errno));
    if (size > limit) {
        refuse_file(name,
                    fmt::format("it has more than the {} MiB that a manifest may have",
                                limit / (std::size_t{1024} * 1024)),
                    "split it into several files");
    }
    text.resize(size);
    text.shrink_to_fit();  // a folder may have ten thousand small files, and all are kept
    return text;
}

File read_file(const std::string& path) {
    if (path == "-") return {.name = "stdin", .text = read_bounded(stdin, "stdin")};
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
    if (!file) refuse_file(path, std::strerror(errno));
    return {.name = path, .text = read_bounded(file.get(), path)};
}

/// The files of one scenario, told apart.
struct Sources {
    std::string name;
    std::optional<std::string> origin;  ///< as LoadedScenario has it
    std::vector<File> manifests;
    std::vector<File> others;
    std::optional<File> checks;
    std::optional<File> lab;
    manifest::Skipped skipped;
    std::optional<Diagnostic> shadows;  ///< what is here and was passed over
};

/// Where there is a manifests.yaml, the files beside it are for the scenario's steps.
void set_apart(Sources& sources) {
    const auto main = std::ranges::find_if(sources.manifests, [](const File& file) {
        return fs::path(file.name).filename() == "manifests.yaml";
    });
    if (main == sources.manifests.end()) return;
    std::swap(*main, sources.manifests.front());
    sources.others.assign(std::make_move_iterator(sources.manifests.begin() + 1),
                          std::make_move_iterator(sources.manifests.end()));
    sources.manifests.resize(1);
}

Sources from_catalogue(const scenario::CatalogueEntry& entry) {
    Sources sources{.name = entry.name, .origin = entry.name, .shadows = shadowed(entry.name)};
    for (const File& file : entry.files) {
        const fs::path path(file.name);
        if (path.filename() == "checks.yaml") sources.checks = file;
        if (path.filename() == "lab.yaml") sources.lab = file;
        const bool ours = path.filename() == "checks.yaml" || path.filename() == "lab.yaml";
        if (is_manifest_name(file.name) && !ours) sources.manifests.push_back(file);
    }
    set_apart(sources);
    return sources;
}

FolderFiles listed(const std::string& folder, bool recursive) {
    FolderFiles files;
    try {
        files = list_folder(folder, recursive);
    } catch (const fs::filesystem_error& error) {
        refuse_file(folder, error.code().message());
    }
    if (!files.manifests.empty()) return files;
    if (!files.skipped.folders.empty()) {
        refuse_file(folder, "the folder has subfolders with manifests, and none of its own",
                    "-R (--recursive) reads them too");
    }
    if (!files.skipped.links.empty()) {
        refuse_file(folder, "the folder has links to folders, and no manifests of its own",
                    "no link is followed: name the folders that they lead to");
    }
    refuse_file(folder, "the folder has no *.yaml, *.yml or *.json",
                "name the folder or the file with the manifests");
}

/// A pipe cannot be read again. Records are JSON, which has no room for a name that is not UTF-8.
std::optional<std::string> origin_of(const std::string& path) {
    std::error_code none;
    if (!fs::is_regular_file(path, none) && !fs::is_directory(path, none)) return std::nullopt;
    std::string whole = fs::absolute(path).lexically_normal().string();
    if (!is_utf8(whole)) return std::nullopt;
    return whole;
}

Sources from_folder(const std::string& folder, bool recursive) {
    FolderFiles files = listed(folder, recursive);
    const fs::path whole = fs::absolute(folder).lexically_normal();
    const fs::path last = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
    Sources sources{
        .name = last.string(), .origin = origin_of(folder), .skipped = std::move(files.skipped)};
    for (const std::string& path : files.manifests) {
        sources.manifests.push_back(read_file(path));
    }
    if (files.checks) sources.checks = read_file(*files.checks);
    if (files.lab) sources.lab = read_file(*files.lab);
    // Without steps there is nobody that the files beside manifests.yaml could be for.
    if (sources.checks) set_apart(sources);
    return sources;
}

[[noreturn]] void refuse_unknown(const std::string& name) {
    const std::vector<std::string> known = scenario::scenario_names();
    const bool path = name.contains('/') || name.contains('.');
    if (path) refuse_file(name, "there is no such file or folder");
    std::string hint = fmt::format("the scenarios are {}", known.empty() ? "none" : known.front());
    for (std::size_t i = 1; i < known.size(); ++i) {
        hint += ", " + known[i];
    }
    const auto near = name.size() <= 64 ? nearest(name, known, 3) : std::nullopt;
    if (near) hint = fmt::format("did you mean {}?", *near);
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("there is no scenario \"{}\"", printable(name)),
                  "and no file or folder of that name", std::move(hint));
}

Sources find_sources(const std::string& name, bool recursive = false) {
    if (name == "-") return {.name = "stdin", .manifests = {read_file(name)}};
    if (const auto* entry = scenario::find_scenario(name)) return from_catalogue(*entry);
    std::error_code failed;
    const fs::file_status status = fs::status(name, failed);
    if (status.type() == fs::file_type::not_found || name.empty()) refuse_unknown(name);
    if (fs::is_directory(status)) return from_folder(name, recursive);
    return {.name = fs::path(name).stem().string(),
            .origin = origin_of(name),
            .manifests = {read_file(name)}};
}

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

/// What reading and what resolving found belongs together, file by file.
void sort_by_file(std::vector<Diagnostic>& diagnostics, const std::vector<File>& files) {
    const auto order = [&](const Diagnostic& d) {
        const auto file = std::ranges::find(files, d.place.file, &File::name);
        return std::tuple(file - files.begin(), d.place.line, d.place.column);
    };
    std::ranges::stable_sort(diagnostics, {}, order);
}

LoadedScenario read_scenario(Sources sources, std::string_view default_namespace,
                             const ClusterFlags& cluster) {
    LoadedScenario loaded{.name = sources.name, .origin = std::move(sources.origin)};
    auto parsed = manifest::parse_manifests(std::move(sources.manifests), default_namespace,
                                            std::move(sources.skipped), versions_of(cluster));
    require_documents(parsed);
    loaded.manifest = std::move(parsed.manifest);
    loaded.diagnostics = std::move(parsed.diagnostics);
    loaded.environment = lookup::settled(loaded.manifest, environment_of(cluster, loaded.manifest));
    auto resolved = scenario::resolve(loaded.manifest, sources.name, loaded.environment);
    loaded.scenario = std::move(resolved.scenario);
    append(loaded.diagnostics, std::move(resolved.diagnostics));
    sort_by_file(loaded.diagnostics, loaded.manifest.files);
    if (sources.checks) {
        auto checks = scenario::parse_checks(*sources.checks);
        loaded.checks = std::move(checks.checks);
        append(loaded.diagnostics, std::move(checks.diagnostics));
    }
    // It names what the manifests have; of manifests that could not be read it would complain in
    // vain.
    const bool readable = std::ranges::none_of(
        loaded.diagnostics, [](const Diagnostic& d) { return d.level == Level::error; });
    if (sources.lab) {
        auto lab = scenario::parse_lab_file(*sources.lab, readable ? &loaded.scenario : nullptr);
        loaded.lab = std::move(lab.lab);
        append(loaded.diagnostics, std::move(lab.diagnostics));
    }
    if (sources.shadows) loaded.diagnostics.push_back(*std::move(sources.shadows));
    loaded.others = std::move(sources.others);
    std::vector<const File*> files;
    files.reserve(loaded.manifest.files.size() + 2);
    for (const File& file : loaded.manifest.files) {
        files.push_back(&file);
    }
    for (const std::optional<File>* ours : {&sources.checks, &sources.lab}) {
        if (*ours) files.push_back(&**ours);
    }
    loaded.digest = digest_of(files, loaded.scenario);
    return loaded;
}

/// The file of that name among those that the scenario keeps for its steps.
File other_file(const Sources& sources, const std::string& name) {
    for (const File& file : sources.others) {
        if (fs::path(file.name).filename() == name) return file;
    }
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("scenario {} has no file \"{}\"", sources.name, printable(name)),
                  "its checks.yaml names it under without-fault");
}

}  // namespace

std::optional<Diagnostic> shadowed(std::string_view name) {
    std::error_code none;
    if (!scenario::find_scenario(name) || !fs::exists(name, none)) return std::nullopt;
    return Diagnostic{
        .level = Level::warning,
        .code = std::string(code::kUsage),
        .message = fmt::format("{} is a scenario of the catalogue, and {} here, too", name,
                               fs::is_directory(name, none) ? "a folder" : "a file"),
        .hint = fmt::format("write ./{} for what is here", name)};
}

void tell_warnings(const std::vector<Diagnostic>& diagnostics, std::ostream& err) {
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.level != Level::error) err << render(diagnostic);
    }
}

LoadedScenario load_scenario(std::string_view name_or_path, std::string_view default_namespace,
                             const ClusterFlags& cluster) {
    return read_scenario(find_sources(std::string(name_or_path), cluster.recursive),
                         default_namespace, cluster);
}

LoadedScenario load_without_fault(std::string_view name_or_path, std::string_view default_namespace,
                                  const ClusterFlags& cluster) {
    Sources sources = find_sources(std::string(name_or_path));
    std::optional<scenario::WithoutFault> without;
    if (sources.checks) without = scenario::parse_checks(*sources.checks).checks.without_fault;
    if (!without) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("scenario {} has no fault to take out", sources.name),
                      "its checks.yaml has no without-fault", "run it without --without-fault");
    }
    if (!without->manifests.empty()) {
        sources.manifests = {other_file(sources, without->manifests)};
    }
    if (without->lab == "none") {
        sources.lab = std::nullopt;
    } else if (!without->lab.empty()) {
        sources.lab = other_file(sources, without->lab);
    }
    LoadedScenario loaded = read_scenario(std::move(sources), default_namespace, cluster);
    if (!without->steps && loaded.checks) {
        for (scenario::Check& check : loaded.checks->checks) {
            check.before.clear();
        }
    }
    return loaded;
}

ManifestFiles read_manifests(const std::vector<std::string>& names_or_paths, bool recursive) {
    ManifestFiles read;
    std::unordered_set<std::string> known;
    for (const std::string& name : names_or_paths) {
        Sources sources = find_sources(name, recursive);
        if (sources.shadows) {
            sources.shadows->level = Level::error;
            throw Failure(Exit::usage, *std::move(sources.shadows));
        }
        for (File& file : sources.manifests) {
            // However they are spelled, "a.yaml" and "./a.yaml" are one file.
            const std::string path = fs::path(file.name).lexically_normal().string();
            if (known.insert(path).second) read.files.push_back(std::move(file));
        }
        if (sources.lab) read.labs.push_back(*std::move(sources.lab));
        std::ranges::move(sources.skipped.files, std::back_inserter(read.skipped.files));
        std::ranges::move(sources.skipped.folders, std::back_inserter(read.skipped.folders));
        std::ranges::move(sources.skipped.links, std::back_inserter(read.skipped.links));
    }
    return read;
}

void require_documents(const manifest::Parsed& parsed) {
    const auto is_error = [](const Diagnostic& d) { return d.level == Level::error; };
    if (!parsed.manifest.documents.empty() || std::ranges::any_of(parsed.diagnostics, is_error))
        return;
    const Diagnostic none;
    const Diagnostic& first = parsed.diagnostics.empty() ? none : parsed.diagnostics.front();
    throw Failure(
        Exit::usage, code::kUsage, "there is no manifest in these files", first.message,
        first.hint.empty() ? "name a file or folder with Kubernetes manifests" : first.hint);
}

namespace {

manifest::Parsed parse_files(ManifestFiles read, const ClusterFlags& cluster, bool written_anew) {
    return manifest::parse_manifests(std::move(read.files), cluster.default_namespace,
                                     std::move(read.skipped), versions_of(cluster), written_anew);
}

bool is_any_error(const std::vector<Diagnostic>& diagnostics) {
    return std::ranges::any_of(diagnostics,
                               [](const Diagnostic& d) { return d.level == Level::error; });
}

/// Throws where one is an error that is not merely not understood.
void tell(std::vector<Diagnostic> diagnostics, std::ostream& err) {
    manifest::allow_unsupported(diagnostics);
    if (is_any_error(diagnostics)) throw Failure(Exit::usage, std::move(diagnostics));
    tell_warnings(diagnostics, err);
}

}  // namespace

manifest::Parsed parse_files(const std::vector<std::string>& names_or_paths,
                             const ClusterFlags& cluster, bool written_anew) {
    return parse_files(read_manifests(names_or_paths, cluster.recursive), cluster, written_anew);
}

manifest::Manifest readable_manifest(const std::vector<std::string>& names_or_paths,
                                     const ClusterFlags& cluster, std::ostream& err,
                                     bool written_anew) {
    return readable_manifest(read_manifests(names_or_paths, cluster.recursive), cluster, err,
                             written_anew);
}

manifest::Manifest readable_manifest(ManifestFiles read, const ClusterFlags& cluster,
                                     std::ostream& err, bool written_anew) {
    auto parsed = parse_files(std::move(read), cluster, written_anew);
    require_documents(parsed);
    tell(std::move(parsed.diagnostics), err);
    return std::move(parsed.manifest);
}

scenario::LabFile readable_lab(const std::vector<manifest::File>& labs,
                               const scenario::Scenario* scenario, std::ostream& err) {
    scenario::LabFile all;
    const auto append = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    for (const manifest::File& file : labs) {
        auto parsed = scenario::parse_lab_file(file, scenario);
        tell(std::move(parsed.diagnostics), err);
        append(all.certificates, parsed.lab.certificates);
        append(all.backends, parsed.lab.backends);
        append(all.gates, parsed.lab.gates);
    }
    return all;
}

void require_runnable(LoadedScenario& loaded, bool allow_unsupported) {
    if (allow_unsupported) manifest::allow_unsupported(loaded.diagnostics);
    if (is_any_error(loaded.diagnostics)) throw Failure(Exit::usage, loaded.diagnostics);
}

}  // namespace sni::cli
