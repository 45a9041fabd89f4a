// What a cluster knows and manifests do not say, as flags that several commands have.
#pragma once

#include <string>
#include <vector>

#include "lab/routing/routing.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// As the flags say it; nothing is parsed yet.
struct ClusterFlags {
    std::string default_namespace = "default";
    std::vector<std::string> gateway_labels;  ///< one entry for the pods of each gateway
    std::string gateway_namespace;
    std::string gateway_class;
    bool recursive = false;    ///< folders with their subfolders
    std::string only_gateway;  ///< "NS/NAME"
    std::string istio;         ///< "1.30"
    std::string gateway_api;   ///< "1.5", "1.5-experimental"
};

/// --namespace, --gateway-labels, --gateway-namespace, --class, -R, and the versions. `flags` must
/// outlive `command`.
void add_cluster(CLI::App& command, ClusterFlags& flags);
/// --gateway NS/NAME, or `name` where --gateway is something else.
void add_only_gateway(CLI::App& command, ClusterFlags& flags, const char* name = "--gateway");

/// Throws Failure(Exit::usage) where one of them was given although no manifests are read: `why`
/// not, and what to do about it.
void refuse_cluster(const ClusterFlags& flags, std::string why, std::string hint);

/// What the cluster runs. Throws Failure(Exit::usage) for a version that is not known.
manifest::Versions versions_of(const ClusterFlags& flags);

/// Throws Failure(Exit::usage) for what is no label, or no version.
lookup::Environment environment_of(const ClusterFlags& flags);
/// The same, with what only manifests can tell. Throws Failure(Exit::usage) for a Gateway that they
/// do not have.
lookup::Environment environment_of(const ClusterFlags& flags, const manifest::Manifest& manifest);

}  // namespace sni::cli
