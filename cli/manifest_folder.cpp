#include "cli/manifest_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace sni::cli {

namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) {
    return path.filename().string().starts_with('.');
}

/// Enough of a file to see whether it says its kind; a comment in front may be long.
std::string beginning(const fs::path& path) {
    constexpr std::size_t kEnough = std::size_t{256} * 1024;
    std::ifstream in(path, std::ios::binary);
    std::string text(kEnough, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    return text;
}

/// True for a text that says apiVersion or kind of itself: a manifest, whatever its file is called.
bool says_kind(std::string_view text) {
    for (const std::string_view key : {"apiVersion", "kind"}) {
        for (std::size_t at = text.find(key); at != std::string_view::npos;
             at = text.find(key, at + 1)) {
            std::string_view before = text.substr(0, at);
            std::string_view behind = text.substr(at + key.size());
            if (before.ends_with('"') && behind.starts_with('"')) {  // JSON
                before.remove_suffix(1);
                behind.remove_prefix(1);
            }
            while (before.ends_with(' '))
                before.remove_suffix(1);
            const bool starts = before.empty() || before.ends_with('\n') || before.ends_with('{') ||
                                before.ends_with(',') || before.ends_with("\xEF\xBB\xBF");
            if (starts && behind.starts_with(':')) return true;
        }
    }
    return false;
}

/// Is there a manifest anywhere below? Looks at a bounded number of entries.
bool holds_manifests(const fs::path& folder) {
    constexpr int kMost = 2'000;
    int seen = 0;
    std::error_code failed;
    for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        if (++seen > kMost) return false;
        if (is_hidden(entry->path())) {
            entry.disable_recursion_pending();
        } else if (is_manifest_name(entry->path().string()) && !entry->is_directory()) {
            return true;
        }
    }
    return false;
}

class Lister {
  public:
    Lister(const fs::path& root, FolderFiles& into, bool recursive)
        : root_(fs::canonical(root)), into_(into), recursive_(recursive) {}

    void list(const fs::path& folder) {
        const std::vector<fs::path> entries = sorted(folder);
        for (const fs::path& path : entries) {
            const bool is_folder = fs::is_directory(path);
            if (is_hidden(path)) {
                if (!is_folder && is_manifest_name(path.string()))
                    into_.skipped.files.push_back(path.string() + " (hidden)");
            } else if (is_folder) {
                enter(path);
            } else if (is_manifest_name(path.string())) {
                add(path);
            }
        }
    }

  private:
    /// Files before folders, so that what belongs together stays together.
    static std::vector<fs::path> sorted(const fs::path& folder) {
        std::vector<fs::path> paths;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
            paths.push_back(entry.path());
        }
        std::ranges::sort(paths, {}, [](const fs::path& path) {
            return std::pair(fs::is_directory(path), path.string());
        });
        return paths;
    }

    /// Links to folders are not followed: they may lead round in circles. What they lead to is told
    /// unless it is met on its own.
    void enter(const fs::path& path) {
        if (fs::is_symlink(path)) {
            if (!is_below_root(path) && holds_manifests(path))
                into_.skipped.links.push_back(path.string());
            return;
        }
        if (recursive_) return list(path);
        if (holds_manifests(path)) into_.skipped.folders.push_back(path.string());
    }

    bool is_below_root(const fs::path& link) const {
        std::error_code failed;
        const fs::path target = fs::canonical(link, failed);
        return std::ranges::mismatch(root_, target).in1 == root_.end();
    }

    /// Ours is what has our name and says no kind: anybody may call a manifest checks.yaml.
    void add(const fs::path& path) {
        const std::string name = path.filename().string();
        const bool ours = name == "checks.yaml" || name == "lab.yaml";
        if (!ours || says_kind(beginning(path))) {
            into_.manifests.push_back(path.string());
            return;
        }
        std::optional<std::string>& place = name == "lab.yaml" ? into_.lab : into_.checks;
        if (!place) place = path.string();
    }

    fs::path root_;
    FolderFiles& into_;
    bool recursive_;
};

}  // namespace

bool is_manifest_name(std::string_view path) {
    const fs::path file(path);
    const std::string extension = file.extension().string();
    return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

FolderFiles list_folder(const std::string& folder, bool recursive) {
    FolderFiles files;
    Lister(folder, files, recursive).list(folder);
    return files;
}

}  // namespace sni::cli
