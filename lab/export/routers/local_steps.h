// The commands to type after an export for a router that is not ours, on this machine.
#pragma once

#include <string>
#include <vector>

#include "lab/export/routers/addresses.h"
#include "lab/export/routers/proxy_config.h"
#include "lab/export/steps.h"
#include "lab/export/workloads.h"
#include "lab/scenario/lab_file.h"

namespace sni::exporting {

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
