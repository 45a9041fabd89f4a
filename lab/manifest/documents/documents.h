// The text of files to the values of a manifest, document by document: which are read and by whom,
// which are left aside, and what the versions do not have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/manifest.h"

namespace sni::manifest {

/// What whoever found the files did not read.
struct Skipped {
    std::vector<std::string> files;    ///< in words: hidden ones
    std::vector<std::string> folders;  ///< that hold manifests, and that nobody asked for
    std::vector<std::string> links;    ///< to such folders, which nobody follows
};

/// Reads every document of every file. `default_namespace` is where documents without a namespace
/// go, as with kubectl -n. What is no manifest, and kinds that nothing here asks about, are left
/// aside, and all of them are named in one finding of level info, with what was `skipped` before.
/// What makes manifests that nobody looked at, or holds some, is in the manifest, too. What
/// `versions` do not have is told, and is not in the manifest; `written_anew`: each document counts
/// in the version that written_version() gives it.
Parsed parse_manifests(std::vector<File> files, std::string_view default_namespace,
                       Skipped skipped = {}, const Versions& versions = {},
                       bool written_anew = false);

/// True for what --allow-unsupported lets pass; what the versions do not have is among it.
bool is_unsupported(const Diagnostic& diagnostic);
/// Makes those warnings.
void allow_unsupported(std::vector<Diagnostic>& diagnostics);

}  // namespace sni::manifest
