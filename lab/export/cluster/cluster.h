// A scenario for a real cluster: the documents, with the lab's backends behind their Services, and
// the commands from there up to the proof.
#pragma once

#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/core/result.h"
#include "lab/export/cluster/convert.h"
#include "lab/export/exported.h"
#include "lab/export/workloads.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/listeners.h"
#include "lab/scenario/lab_file.h"

namespace sni::exporting {

/// All that is known of the manifests; outlives the call.
struct ClusterInput {
    const manifest::Manifest& manifest;
    const lookup::Environment& environment;
    const routing::Listeners& listeners;
    const scenario::LabFile& lab;
    const std::vector<Workload>& workloads;
};

struct ClusterTarget {
    ClusterApi api = ClusterApi::istio;
    std::string image;              ///< of the lab's backends, or of its witnesses
    bool witness = false;           ///< beside the services that are there, and no backend
    std::string default_namespace;  ///< of documents that name none
};

/// The error: documents that can be neither taken nor left, or where no witness can be put in.
Result<Exported, std::vector<Diagnostic>> for_cluster(const ClusterInput& input,
                                                      const ClusterTarget& target,
                                                      const Names& names);

}  // namespace sni::exporting
