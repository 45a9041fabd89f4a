// Where the pods behind a destination are for a router on this machine: where the user says, where
// the running lab has them, or where backends are still to be started.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/export/routers/proxy_config.h"
#include "lab/export/workloads.h"

namespace sni::exporting {

struct Known {
    std::map<std::string, std::vector<Endpoint>> given;  ///< by "ns/service"
    /// Of the running lab, by a backend's name and its target port.
    std::map<std::pair<std::string, std::uint16_t>, Endpoint> running;
    std::set<Endpoint> taken;  ///< where others listen, or will
};

/// A backend that nobody has started yet.
struct LocalBackend {
    const Workload* workload = nullptr;
    Endpoint address;
};

class Addresses {
  public:
    /// Both must outlive it.
    Addresses(const std::vector<Workload>& workloads, const Known& known);

    /// Empty: nobody knows, which only happens outside of the files.
    std::vector<Server> find(const lookup::Target& target);
    /// Those that find() has made up an address for, from 127.0.0.1:10443 on.
    const std::vector<LocalBackend>& to_start() const { return to_start_; }

  private:
    /// The same of a Service.
    std::vector<Endpoint> inside(const lookup::Target& target);

    const Workload* workload_of(const lookup::Target& target) const;

    const Known& known_;
    std::map<std::string, std::vector<const Workload*>> workloads_;  // by "ns/service"
    std::map<const Workload*, Endpoint> made_;
    std::vector<LocalBackend> to_start_;
    std::uint16_t next_port_ = 10443;
};

}  // namespace sni::exporting
