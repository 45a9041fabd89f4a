#include "lab/export/routers/addresses.h"

#include <algorithm>

#include <fmt/format.h>

namespace sni::exporting {

using lookup::Target;

namespace {

std::vector<Server> alike(const std::vector<Endpoint>& endpoints) {
    std::vector<Server> servers;
    servers.reserve(endpoints.size());
    for (const Endpoint& endpoint : endpoints) {
        servers.push_back({.address = endpoint});
    }
    return servers;
}

/// A ServiceEntry says where it leads, or is a name that DNS knows. Nobody but the gateway's own
/// pod has its Unix sockets.
std::vector<Server> outside(const Target& target) {
    std::vector<lookup::Address> addresses = target.addresses;
    if (target.by_name)
        addresses.push_back(
            {.host = target.name, .port = target.target_port.value_or(target.port)});
    std::vector<Server> servers;
    for (const lookup::Address& address : addresses) {
        const auto endpoint = parse_endpoint(lookup::place_of(address));
        if (endpoint && endpoint->kind != Endpoint::Kind::unix_path)
            servers.push_back({.address = *endpoint, .weight = address.weight});
    }
    return servers;
}

}  // namespace

Addresses::Addresses(const std::vector<Workload>& workloads, const Known& known) : known_(known) {
    for (const Workload& workload : workloads) {
        workloads_[workload.path()].push_back(&workload);
    }
}

const Workload* Addresses::workload_of(const Target& target) const {
    const auto known = workloads_.find(target.path());
    if (known == workloads_.end()) return nullptr;
    const auto found = std::ranges::find_if(known->second, [&](const Workload* each) {
        return !target.target_port || each->target_port == *target.target_port;
    });
    return found == known->second.end() ? nullptr : *found;
}

std::vector<Server> Addresses::find(const Target& target) {
    const auto given = known_.given.find(target.path());
    if (given != known_.given.end()) return alike(given->second);
    if (target.kind == Target::Kind::service_entry) return outside(target);
    return alike(inside(target));
}

std::vector<Endpoint> Addresses::inside(const Target& target) {
    const Workload* workload = workload_of(target);
    if (workload == nullptr) return {};
    std::vector<Endpoint> running;
    for (const OtherPods& pods : workload->pods) {
        for (std::int64_t i = 1; i <= pods.replicas; ++i) {
            const std::string name = i == 1 ? fmt::format("{}/{}", target.ns, pods.name)
                                            : fmt::format("{}/{}/{}", target.ns, pods.name, i);
            const auto found = known_.running.find({name, workload->target_port});
            if (found == known_.running.end()) break;
            running.push_back(found->second);
        }
    }
    if (!running.empty()) return running;

    const auto [made, fresh] = made_.try_emplace(workload);
    if (fresh) {
        do {
            made->second = loopback(next_port_++);
        } while (known_.taken.contains(made->second));
        to_start_.push_back({.workload = workload, .address = made->second});
    }
    return {made->second};
}

}  // namespace sni::exporting
