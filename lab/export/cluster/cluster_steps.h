// The commands to type after an export for a cluster, in order, up to the proof.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/export/cluster/convert.h"
#include "lab/export/cluster/documents.h"
#include "lab/export/cluster/witnesses.h"
#include "lab/export/steps.h"
#include "lab/export/workloads.h"

namespace sni::exporting {

struct ClusterPlan {
    ClusterApi api = ClusterApi::istio;
    std::vector<Workload> workloads;  ///< with the lab's backend behind them
    std::vector<WitnessPlace> witnesses;
    std::vector<HeldBack> held_back;
    std::vector<EntryPoint> edges;
    /// Which of them takes a name at a port; the first one takes the others.
    std::map<std::pair<std::string, std::uint16_t>, EntryPoint> taken_by = {};
    std::set<std::string> edge_namespaces;  ///< where gateways' pods run
    std::string gateway_namespace;
    std::string apply_namespace;  ///< of documents that name none; empty: all name theirs
    bool elsewhere = false;       ///< other documents name another one than that
    bool experimental = false;    ///< documents of the Gateway API's experimental channel
    int gateway_api = 0;          ///< Converted::gateway_api
    std::string newest;           ///< Converted::newest
};
std::vector<Step> cluster_steps(const ClusterPlan& plan, const Names& names);

}  // namespace sni::exporting
