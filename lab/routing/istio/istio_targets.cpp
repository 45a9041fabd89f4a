#include "lab/routing/istio/istio_targets.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace sni::routing {

namespace {

/// A subset is a cluster of its own, which only a DestinationRule makes.
void take_subset(const PodsView& view, Target& target, const std::string& subset) {
    target.subset = subset;
    if (subset.empty() || !target.problem.empty()) return;
    const bool entry = target.kind == Target::Kind::service_entry;
    const std::string host = entry ? target.name : full_host(target.name, target.ns);
    const Subset* found = view.inputs.rules.subset(host, subset, view.pods.ns);
    if (!found) {
        target.missing = Target::Missing::endpoints;
        target.problem =
            fmt::format("no DestinationRule that the gateway sees has a subset {} of {}",
                        quote(subset), quote(host));
        return;
    }
    target.subset_labels = found->labels.value;
    if (entry) {
        target.addresses = view.services.entries().addresses(target, found->labels.value);
        if (!target.addresses.empty()) target.target_port = common_port(target.addresses);
    }
    const bool nobody =
        entry ? view.services.entries().has_no_endpoint(target, found->labels.value)
              : view.services.has_no_pod(target.ns, target.selector, found->labels.value);
    if (!nobody) return;
    target.missing = Target::Missing::endpoints;
    target.problem = fmt::format("no {} has the labels of subset {}",
                                 entry ? fmt::format("endpoint of {}", quote(host))
                                       : fmt::format("pod of Service {}", quote(target.path())),
                                 quote(subset));
}

}  // namespace

std::vector<Target> targets_of(const PodsView& view, const VirtualService& service,
                               const std::vector<Destination>& destinations, std::uint16_t port) {
    std::vector<Target> targets;
    for (const Destination& destination : destinations) {
        Target target = view.services.target(service, destination, port);
        take_subset(view, target, destination.subset.value);
        // One destination takes all, whatever its weight; of several those without one are
        // dropped.
        target.weight = destinations.size() == 1 ? 100 : destination.weight.value;
        if (target.weight > 0) targets.push_back(std::move(target));
    }
    return targets;
}

}  // namespace sni::routing
