// The commands to type after an export, in order, up to the proof.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/export/addresses.h"
#include "lab/export/convert.h"
#include "lab/export/documents.h"
#include "lab/export/proxy_config.h"
#include "lab/export/witnesses.h"
#include "lab/export/workloads.h"

namespace sni::exporting {

/// `command` may have several lines; it can be pasted into a shell.
struct Step {
    std::string does;
    std::string command;
    bool operator==(const Step&) const = default;
};

/// Each with its comment line.
std::string script(const std::vector<Step>& steps);

/// The files that the steps speak of, as words of a shell.
struct Names {
    std::string file;       ///< what was exported
    std::string state;      ///< the state folder
    std::string certgen;    ///< the command that makes pairs where `pair` looks for them
    std::string identity;   ///< private half; its public half has .pub behind it
    std::string client_ca;  ///< certificate of the CA that signs clients' certificates
    std::string image;
    /// Certificate and key of the pair whose first name is given.
    std::function<std::pair<std::string, std::string>(const std::string& host)> pair;
};

struct ClusterPlan {
    ClusterApi api = ClusterApi::istio;
    std::vector<Workload> workloads;  ///< with the lab's backend behind them
    std::vector<WitnessPlace> witnesses;
    std::vector<HeldBack> held_back;
    std::vector<EntryPoint> edges;
    std::set<std::string> edge_namespaces;  ///< where gateways' pods run
    std::string gateway_namespace;
    std::string apply_namespace;  ///< for kubectl apply -n; empty: all documents say theirs
    bool experimental = false;    ///< documents of the Gateway API's experimental channel
    int gateway_api = 0;          ///< Converted::gateway_api
    std::string newest;           ///< Converted::newest
};
std::vector<Step> cluster_steps(const ClusterPlan& plan, const Names& names);

/// The router's own words: how its file is checked, and how it is run.
struct Program {
    std::string check;
    std::string run;
};
Program envoy_program(const std::string& file);
Program haproxy_program(const std::string& file);
Program nginx_program(const std::string& file);

/// `lab` is what lab.yaml says about the pods.
std::vector<Step> local_steps(const ProxyConfig& config, const std::vector<Workload>& workloads,
                              const std::vector<LocalBackend>& backends, const Program& program,
                              const Names& names, const scenario::LabFile& lab = {});

}  // namespace sni::exporting
