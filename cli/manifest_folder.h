// What a folder of manifests holds: which of its files are manifests, which are ours, and what was
// left aside on the way. As `kubectl apply -f` takes it: .yaml, .yml and .json, by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/documents.h"

namespace sni::cli {

struct FolderFiles {
    std::vector<std::string> manifests;  ///< paths, sorted
    std::optional<std::string> checks;   ///< path of a scenario's own checks.yaml
    std::optional<std::string> lab;      ///< of its lab.yaml
    manifest::Skipped skipped;
};

/// With `recursive` its subfolders too. Throws std::filesystem::filesystem_error for a folder that
/// cannot be read.
FolderFiles list_folder(const std::string& folder, bool recursive);

/// True for a name as manifests have one.
bool is_manifest_name(std::string_view path);

}  // namespace sni::cli
