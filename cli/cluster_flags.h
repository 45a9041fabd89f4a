// What a cluster knows and manifests do not say, as flags that several commands have.
#pragma once

#include <string>

#include "lab/manifest/routing.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// As the flags say it; nothing is parsed yet.
struct ClusterFlags {
    std::string default_namespace = "default";
    std::string gateway_labels;
    std::string gateway_namespace;
    std::string gateway_class;
    bool recursive = false;  ///< folders with their subfolders
};

/// `flags` must outlive `command`.
void add_cluster(CLI::App& command, ClusterFlags& flags);

/// Throws Failure(Exit::usage) for what is no label.
manifest::Setting setting_of(const ClusterFlags& flags);

}  // namespace sni::cli
