// What sni-lab export works on: its flags, and the manifests with all that is known of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster_flags.h"
#include "lab/export/exported.h"
#include "lab/export/workloads.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/routing.h"
#include "lab/scenario/lab_file.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

/// As the flags say it; nothing is parsed yet.
struct ExportFlags {
    std::vector<std::string> files;
    ClusterFlags cluster;
    std::string api = "istio";
    std::string image;
    std::vector<std::string> backends;
    std::vector<std::string> listen;
    std::filesystem::path state;
    std::string out;
    bool witness = false;
    bool json = false;
};

/// The manifests with everything that is known of them.
struct ExportInput {
    manifest::Manifest manifest;
    lookup::Environment environment;
    routing::Routing routing;
    scenario::Scenario scenario;
    scenario::LabFile lab;
    std::vector<exporting::Workload> workloads;
    bool has_mistakes = false;  ///< that analyze calls errors
};

/// For kubectl apply, and not the configuration of a router that is not ours.
bool is_for_cluster(const ExportFlags& flags);

/// Reads the manifests; what is odd about them is told to `err`. `into` is filled in place, since
/// its parts point into each other. Throws Failure(Exit::usage) for files that cannot be read.
void read_input(const ExportFlags& flags, std::ostream& err, ExportInput& into);

/// The words of a shell for the files and images that the steps name; `usual_file` stands for
/// --out.
exporting::Names names_of(const ExportFlags& flags, std::string_view usual_file);
/// The image that this version builds.
std::string usual_image();
/// --image, else the usual one.
std::string image_of(const ExportFlags& flags);

/// For envoy, haproxy or nginx. Throws Failure(Exit::usage) for flags that fit no route.
exporting::Exported for_router(const ExportFlags& flags, const ExportInput& input);

}  // namespace sni::cli
