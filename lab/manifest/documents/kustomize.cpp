#include "lab/manifest/documents/kustomize.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "lab/yaml/yaml.h"

namespace sni::manifest {

namespace {

std::string folder_of(const std::string& file) {
    return std::filesystem::path(file).parent_path().lexically_normal().string();
}

/// What a path is that is written in a file of this folder.
std::string resolved(const std::string& folder, const std::string& path) {
    std::string whole = (std::filesystem::path(folder) / path).lexically_normal().string();
    if (whole.ends_with('/')) whole.pop_back();
    return whole == "." ? std::string() : whole;
}

std::string normal(const std::string& file) {
    return std::filesystem::path(file).lexically_normal().string();
}

/// Of a place that everybody reads alike; what it holds is its own business.
bool is_remote(std::string_view path) {
    return path.contains("://") || path.contains("?ref=") || path.starts_with("git@") ||
           path.starts_with("github.com/");
}

/// What a Kustomization uses, as it is written: in lists of paths, or of objects with one. A text
/// of several lines is no path.
std::vector<std::string> paths_of(const yaml::Node& document,
                                  std::initializer_list<std::string_view> keys) {
    std::vector<std::string> paths;
    for (const std::string_view key : keys) {
        const yaml::Node* list = document.find(key);
        if (!list || list->kind() != yaml::Kind::sequence) continue;
        for (const yaml::Node& item : list->items()) {
            const yaml::Node* path = item.kind() == yaml::Kind::mapping ? item.find("path") : &item;
            if (path && path->kind() == yaml::Kind::scalar && !path->text().contains('\n'))
                paths.push_back(path->text());
        }
    }
    return paths;
}

bool says_nothing(const yaml::Node& value) {
    return value.is_null() || (value.kind() == yaml::Kind::sequence && value.items().empty());
}

}  // namespace

bool is_kustomization(const std::string& file) {
    const std::string name = std::filesystem::path(file).filename().string();
    return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization";
}

Kustomize::Kustomize(const std::vector<File>& files) : files_(files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        names_.insert(normal(files[i].name));
        if (!is_kustomization(files[i].name)) continue;
        const std::string folder = folder_of(files[i].name);
        folders_.insert(folder);
        Findings scratch(files);
        yaml::parse(static_cast<int>(i), scratch, {}, [&](const yaml::Node& document) {
            for (const std::string& path :
                 paths_of(document, {"patches", "patchesStrategicMerge", "patchesJson6902"})) {
                patches_.insert(resolved(folder, path));
            }
        });
    }
    if (folders_.empty()) return;
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::filesystem::path folder = folder_of(files[i].name);
        while (!folders_.contains(folder.string()) && folder.has_relative_path())
            folder = folder.parent_path();
        below_[folder.string()].push_back(i);
    }
}

bool Kustomize::is_patch(const std::string& file) const {
    return !patches_.empty() && patches_.contains(normal(file));
}

bool Kustomize::are_editions(const std::string& one, const std::string& other) const {
    const std::string first = folder_of(one);
    const std::string second = folder_of(other);
    return first != second && (folders_.contains(first) || folders_.contains(second));
}

bool Kustomize::is_read(const std::string& path) const {
    return names_.contains(path) || folders_.contains(path);
}

/// No file of another tool, nor one of kustomize's own.
bool Kustomize::is_manifest(std::size_t index) const {
    if (is_kustomization(files_[index].name) || is_patch(files_[index].name)) return false;
    bool any = false;
    Findings scratch(files_);
    yaml::parse(static_cast<int>(index), scratch, {},
                [&](const yaml::Node& document) { any = any || document.find("kind"); });
    return any;
}

bool Kustomize::only_lists(const yaml::Node& document, const std::string& file) const {
    constexpr std::array<std::string_view, 3> kOfItself = {"apiVersion", "kind", "metadata"};
    const std::string folder = folder_of(file);
    std::set<std::string> listed;
    const auto lists = [&](const yaml::Node& item) {
        const std::string path = resolved(folder, item.text());
        listed.insert(path);
        return item.kind() == yaml::Kind::scalar && is_read(path);
    };
    const bool lists_only = std::ranges::all_of(document.entries(), [&](const yaml::Entry& entry) {
        const std::string& key = entry.key.value;
        if (std::ranges::find(kOfItself, key) != kOfItself.end()) return true;
        if (says_nothing(entry.value)) return true;
        return (key == "resources" || key == "bases") &&
               entry.value.kind() == yaml::Kind::sequence &&
               std::ranges::all_of(entry.value.items(), lists);
    });
    const auto below = below_.find(folder);
    return lists_only &&
           (below == below_.end() || std::ranges::all_of(below->second, [&](std::size_t index) {
                return listed.contains(normal(files_[index].name)) || !is_manifest(index);
            }));
}

bool Kustomize::has_all_of(const yaml::Node& document, const std::string& file) const {
    const std::string folder = folder_of(file);
    return std::ranges::all_of(
        paths_of(document, {"resources", "bases", "components", "patches", "patchesStrategicMerge",
                            "patchesJson6902", "replacements", "transformers", "generators"}),
        [&](const std::string& path) {
            return is_remote(path) || is_read(resolved(folder, path));
        });
}

}  // namespace sni::manifest
