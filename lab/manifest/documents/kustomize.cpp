#include "lab/manifest/documents/kustomize.h"

#include <filesystem>

#include "lab/yaml/yaml.h"

namespace sni::manifest {

namespace {

std::string folder_of(const std::string& file) {
    return std::filesystem::path(file).parent_path().lexically_normal().string();
}

bool is_kustomization(const std::string& file) {
    const std::string name = std::filesystem::path(file).filename().string();
    return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization";
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

}  // namespace

Kustomize::Kustomize(const std::vector<File>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!is_kustomization(files[i].name)) continue;
        const std::string folder = folder_of(files[i].name);
        folders_.insert(folder);
        Findings scratch(files);
        yaml::parse(static_cast<int>(i), scratch, {}, [&](const yaml::Node& document) {
            for (const std::string& path : patches_of(document)) {
                patches_.insert((std::filesystem::path(folder) / path).lexically_normal().string());
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

}  // namespace sni::manifest
