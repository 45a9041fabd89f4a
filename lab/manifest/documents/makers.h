// What stands among manifests and makes others, which nobody reads here: Kustomizations, charts,
// and the objects by which Flux and Argo CD apply them. Private to documents.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/kustomize.h"
#include "lab/manifest/manifest.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

struct Maker {
    std::string_view what;     ///< "HelmRelease"; of a chart its file
    std::string_view tool;     ///< "Helm"
    std::string_view command;  ///< that prints what it makes
};

/// Nothing: the document makes none, or it is a Kustomization that only lists files that are read.
std::optional<Maker> maker_of(const yaml::Node& document, const std::string& file,
                              const Kustomize& kustomize);

/// What nobody looks at because `document`, of one of the `files`, makes it.
Unread unread_of(const Maker& maker, const yaml::Node& document, const std::vector<File>& files,
                 std::string_view default_namespace, const Kustomize& kustomize);

/// True for kinds that makers take in: values, and sources of what they make.
bool is_for_makers(std::string_view version, std::string_view kind);

}  // namespace sni::manifest
