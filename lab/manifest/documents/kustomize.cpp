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

/// Paths of patches, as they are written: in a list of texts, or of objects with a path.
std::vector<std::string> patches_of(const yaml::Node& document) {
    std::vector<std::string> paths;
    for (const char* key : {"patches", "patchesStrategicMerge", "patchesJson6902"}) {
        const yaml::Node* list = document.find(key);
        if (!list || list->kind() != yaml::Kind::sequence) continue;
        for (const yaml::Node& item : list->items()) {
            const yaml::Node* path = item.kind() == yaml::Kind::mapping ? item.find("path") : &item;
            if (path && path->kind() == yaml::Kind::scalar) paths.push_back(path->text());
        }
    }
    return paths;
}

/// What such a path is, as it is written in a file of this folder.
std::string resolved(const std::string& folder, const std::string& path) {
    std::string whole = (std::filesystem::path(folder) / path).lexically_normal().string();
    if (whole.ends_with('/')) whole.pop_back();
    return whole == "." ? std::string() : whole;
}

bool says_nothing(const yaml::Node& value) {
    return value.is_null() || (value.kind() == yaml::Kind::sequence && value.items().empty());
}

}  // namespace

bool is_kustomization(const std::string& file) {
    const std::string name = std::filesystem::path(file).filename().string();
    return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization";
}

Kustomize::Kustomize(const std::vector<File>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        files_.insert(std::filesystem::path(files[i].name).lexically_normal().string());
        if (!is_kustomization(files[i].name)) continue;
        const std::string folder = folder_of(files[i].name);
        folders_.insert(folder);
        Findings scratch(files);
        yaml::parse(static_cast<int>(i), scratch, {}, [&](const yaml::Node& document) {
            for (const std::string& path : patches_of(document)) {
                patches_.insert(resolved(folder, path));
            }
        });
    }
}

bool Kustomize::is_patch(const std::string& file) const {
    return !patches_.empty() &&
           patches_.contains(std::filesystem::path(file).lexically_normal().string());
}

bool Kustomize::are_editions(const std::string& one, const std::string& other) const {
    const std::string first = folder_of(one);
    const std::string second = folder_of(other);
    return first != second && (folders_.contains(first) || folders_.contains(second));
}

bool Kustomize::only_lists(const yaml::Node& document, const std::string& file) const {
    constexpr std::array<std::string_view, 3> kOfItself = {"apiVersion", "kind", "metadata"};
    const std::string folder = folder_of(file);
    const auto is_read = [&](const yaml::Node& item) {
        const std::string path = resolved(folder, item.text());
        return item.kind() == yaml::Kind::scalar &&
               (files_.contains(path) || folders_.contains(path));
    };
    return std::ranges::all_of(document.entries(), [&](const yaml::Entry& entry) {
        const std::string& key = entry.key.value;
        if (std::ranges::find(kOfItself, key) != kOfItself.end()) return true;
        if (says_nothing(entry.value)) return true;
        return (key == "resources" || key == "bases") &&
               entry.value.kind() == yaml::Kind::sequence &&
               std::ranges::all_of(entry.value.items(), is_read);
    });
}

}  // namespace sni::manifest
