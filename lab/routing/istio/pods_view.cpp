#include "lab/routing/istio/pods_view.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"

namespace sni::routing {

std::string shown(const Labels& labels) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : labels) {
        if (pairs.size() < 5) pairs.push_back(printable(key) + "=" + printable(value));
    }
    return fmt::format("{}", fmt::join(pairs, " and "));
}

PodsView view_of(const GatewayPods& pods, const Inputs& inputs) {
    return {.inputs = inputs,
            .pods = pods,
            .services = inputs.views.of(pods.ns),
            .proxy = "istio " + (pods.name.empty() ? shown(pods.labels) : pods.name)};
}

}  // namespace sni::routing
