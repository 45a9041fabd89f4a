#include "lab/manifest/documents/made_pods.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace sni::manifest {

void leave_out_made(std::vector<Deployment>& deployments) {
    std::map<std::string, Deployment*> all;
    for (Deployment& each : deployments) {
        all.emplace(fmt::format("{}/{}/{}", each.meta.ns.value, each.kind(), each.meta.name.value),
                    &each);
    }
    const auto maker_of = [&](const Deployment& made) -> Deployment* {
        if (made.meta.controller.empty()) return nullptr;
        const auto maker = all.find(made.meta.ns.value + "/" + made.meta.controller);
        return maker == all.end() || maker->second == &made ? nullptr : maker->second;
    };
    constexpr int kMostMakers = 8;  // a CronJob's Job's pod has two; nobody's are a circle
    for (const Deployment& each : deployments) {
        const auto status = each.meta.annotations.find("sidecar.istio.io/status");
        if (status == each.meta.annotations.end()) continue;
        Deployment* maker = maker_of(each);
        for (int i = 0; maker && i < kMostMakers; ++i, maker = maker_of(*maker)) {
            maker->pod.annotations.insert(*status);
        }
    }
    std::set<const Deployment*> made;
    for (const Deployment& each : deployments) {
        if (maker_of(each)) made.insert(&each);
    }
    std::vector<Deployment> left;
    for (Deployment& each : deployments) {
        if (!made.contains(&each)) left.push_back(std::move(each));
    }
    deployments = std::move(left);
}

}  // namespace sni::manifest
