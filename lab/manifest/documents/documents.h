// The text of files to the values of a manifest, document by document: which are read and by whom,
// which are left aside, and what the versions do not have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/manifest.h"

namespace sni::manifest {

/// Reads every document of every file. `default_namespace` is where documents without a namespace
/// go, as with kubectl -n. What is no manifest, and kinds that nothing here asks about, are left
/// aside, and all of them are named in one finding of level info; `also_left_aside` is what whoever
/// found the files left aside already. What `versions` do not have is told, and is not in the
/// manifest; `written_anew`: each document counts in the version that written_version() gives it.
Parsed parse_manifests(std::vector<File> files, std::string_view default_namespace,
                       std::vector<std::string> also_left_aside = {}, const Versions& versions = {},
                       bool written_anew = false);

/// True for what --allow-unsupported lets pass; what the versions do not have is among it.
bool is_unsupported(const Diagnostic& diagnostic);
/// Makes those warnings.
void allow_unsupported(std::vector<Diagnostic>& diagnostics);

}  // namespace sni::manifest
