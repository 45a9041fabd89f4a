#include "lab/export/routers/addresses.h"

#include <algorithm>

#include <fmt/format.h>

namespace sni::exporting {

using lookup::Target;

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

std::vector<Endpoint> Addresses::find(const Target& target) {
    const auto given = known_.given.find(target.path());
    if (given != known_.given.end()) return given->second;
    if (target.kind == Target::Kind::service_entry) return outside(target);

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

/// A ServiceEntry says where it leads, or is a name that DNS knows.
std::vector<Endpoint> Addresses::outside(const Target& target) const {
    const std::uint16_t port = target.target_port.value_or(target.port);
    std::vector<Endpoint> all;
    const auto add = [&](const std::string& host) {
        const bool bare_ipv6 = host.contains(':');
        const auto endpoint = parse_endpoint(bare_ipv6 ? fmt::format("[{}]:{}", host, port)
                                                       : fmt::format("{}:{}", host, port));
        if (endpoint) all.push_back(*endpoint);
    };
    for (const std::string& address : target.addresses) {
        add(address);
    }
    if (all.empty()) add(target.name);
    return all;
}

}  // namespace sni::exporting
