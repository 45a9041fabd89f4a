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

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/catalogue.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/yaml.h"

namespace sni::cli {

namespace {

namespace fs = std::filesystem;
using manifest::File;

[[noreturn]] void refuse(const std::string& name, std::string why, std::string hint = {}) {
    throw Failure(Exit::usage, code::kUnreadableFile,
                  fmt::format("cannot read \"{}\"", printable(name)), std::move(why),
                  std::move(hint));
}

/// Never more than the limit, whatever the file turns out to be.
std::string read_bounded(std::FILE* file, const std::string& name) {
    const std::size_t limit = manifest::yaml::Limits().bytes;
    std::string text;
    std::size_t size = 0;
    while (size <= limit) {
        text.resize(std::min(limit + 1, std::max<std::size_t>(std::size_t{64} * 1024, 2 * size)));
        const std::size_t got = std::fread(text.data() + size, 1, text.size() - size, file);
        if (got == 0) break;
        size += got;
    }
    if (std::ferror(file) != 0) refuse(name, std::strerror(errno));
    if (size > limit) {
        refuse(name,
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
    if (!file) refuse(path, std::strerror(errno));
    return {.name = path, .text = read_bounded(file.get(), path)};
}

bool is_manifest_name(const fs::path& path) {
    const std::string extension = path.extension().string();
    const std::string name = path.filename().string();
    return (extension == ".yaml" || extension == ".yml" || extension == ".json") &&
           name != "checks.yaml" && name != "lab.yaml" && !name.starts_with('.');
}

/// The files of one scenario, told apart.
struct Sources {
    std::string name;
    std::vector<File> manifests;
    std::optional<File> checks;
    std::optional<File> lab;
};

Sources from_catalogue(const manifest::CatalogueEntry& entry) {
    Sources sources{.name = entry.name, .manifests = {}, .checks = {}, .lab = {}};
    for (const File& file : entry.files) {
        const fs::path path(file.name);
        if (path.filename() == "checks.yaml") sources.checks = file;
        if (path.filename() == "lab.yaml") sources.lab = file;
        if (is_manifest_name(path)) sources.manifests.push_back(file);
    }
    return sources;
}

Sources from_folder(const std::string& folder) {
    std::vector<std::string> paths;
    try {
        for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
            if (is_manifest_name(entry.path()) && !entry.is_directory()) {
                paths.push_back(entry.path().string());
            }
        }
    } catch (const fs::filesystem_error& error) {
        refuse(folder, error.code().message());
    }
    std::ranges::sort(paths);
    const std::string main = (fs::path(folder) / "manifests.yaml").string();
    if (std::ranges::find(paths, main) != paths.end()) paths = {main};
    if (paths.empty()) {
        refuse(folder, "the folder has no *.yaml, *.yml or *.json",
               "name the folder or the file with the manifests");
    }
    const fs::path whole = fs::absolute(folder).lexically_normal();
    const fs::path last = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
    Sources sources{.name = last.string(), .manifests = {}, .checks = {}, .lab = {}};
    for (const std::string& path : paths) {
        sources.manifests.push_back(read_file(path));
    }
    const auto beside = [&](const char* name) -> std::optional<File> {
        const fs::path path = fs::path(folder) / name;
        std::error_code ignored;
        if (!fs::exists(path, ignored)) return std::nullopt;
        return read_file(path.string());
    };
    sources.checks = beside("checks.yaml");
    sources.lab = beside("lab.yaml");
    return sources;
}

[[noreturn]] void refuse_unknown(const std::string& name) {
    const std::vector<std::string> known = manifest::scenario_names();
    const bool path = name.contains('/') || name.contains('.');
    if (path) refuse(name, "there is no such file or folder");
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

Sources find_sources(const std::string& name) {
    if (name == "-") {
        return {.name = "stdin", .manifests = {read_file(name)}, .checks = {}, .lab = {}};
    }
    if (const auto* entry = manifest::find_scenario(name)) return from_catalogue(*entry);
    std::error_code failed;
    const fs::file_status status = fs::status(name, failed);
    if (status.type() == fs::file_type::not_found || name.empty()) refuse_unknown(name);
    if (fs::is_directory(status)) return from_folder(name);
    return {.name = fs::path(name).stem().string(),
            .manifests = {read_file(name)},
            .checks = {},
            .lab = {}};
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

}  // namespace

LoadedScenario load_scenario(std::string_view name_or_path, std::string_view default_namespace) {
    Sources sources = find_sources(std::string(name_or_path));
    LoadedScenario loaded{.name = sources.name};
    auto parsed = manifest::parse_manifests(std::move(sources.manifests), default_namespace);
    loaded.manifest = std::move(parsed.manifest);
    loaded.diagnostics = std::move(parsed.diagnostics);
    auto resolved = manifest::resolve(loaded.manifest, sources.name);
    loaded.scenario = std::move(resolved.scenario);
    append(loaded.diagnostics, std::move(resolved.diagnostics));
    sort_by_file(loaded.diagnostics, loaded.manifest.files);
    if (sources.checks) {
        auto checks = manifest::parse_checks(*sources.checks);
        loaded.checks = std::move(checks.checks);
        append(loaded.diagnostics, std::move(checks.diagnostics));
    }
    if (sources.lab) {
        loaded.diagnostics.push_back({.code = std::string(manifest::code::kUnsupported),
                                      .place = {.file = sources.lab->name},
                                      .message = "lab.yaml is not understood",
                                      .hint = "remove it, or use flags"});
    }
    return loaded;
}

std::vector<File> read_manifests(const std::vector<std::string>& names_or_paths) {
    std::vector<File> files;
    std::unordered_set<std::string> known;
    for (const std::string& name : names_or_paths) {
        for (File& file : find_sources(name).manifests) {
            if (known.insert(file.name).second) files.push_back(std::move(file));
        }
    }
    return files;
}

manifest::Manifest readable_manifest(const std::vector<std::string>& names_or_paths,
                                     std::string_view default_namespace, std::ostream& err) {
    auto parsed = manifest::parse_manifests(read_manifests(names_or_paths), default_namespace);
    manifest::allow_unsupported(parsed.diagnostics);
    const bool wrong = std::ranges::any_of(
        parsed.diagnostics, [](const Diagnostic& d) { return d.level == Level::error; });
    if (wrong) throw Failure(Exit::usage, std::move(parsed.diagnostics));
    for (const Diagnostic& d : parsed.diagnostics) {
        err << render(d);
    }
    return std::move(parsed.manifest);
}

void require_runnable(LoadedScenario& loaded, bool allow_unsupported) {
    if (allow_unsupported) manifest::allow_unsupported(loaded.diagnostics);
    const bool wrong = std::ranges::any_of(
        loaded.diagnostics, [](const Diagnostic& d) { return d.level == Level::error; });
    if (wrong) throw Failure(Exit::usage, loaded.diagnostics);
}

}  // namespace sni::cli
