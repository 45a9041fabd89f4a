#include "lab/lookup/pods.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"

namespace sni::lookup {

PodIndex::PodIndex(const std::vector<Deployment>& deployments) {
    for (const Deployment& deployment : deployments) {
        const std::string& ns = deployment.meta.ns.value;
        by_namespace_[ns].push_back(&deployment);
        for (const auto& [key, value] : deployment.pod.labels.value) {
            by_label_[{ns, key, value}].push_back(&deployment);
            by_label_[{kAnywhere, key, value}].push_back(&deployment);
        }
    }
}

const std::vector<const Deployment*>& PodIndex::all(const std::string& ns) const {
    static const std::vector<const Deployment*> kNone;
    const auto found = by_namespace_.find(ns);
    return found == by_namespace_.end() ? kNone : found->second;
}

std::vector<const Deployment*> PodIndex::find(const std::string& ns, const Labels& selector) const {
    const std::vector<const Deployment*>* fewest = nullptr;
    for (const auto& [key, value] : selector) {
        const auto found = by_label_.find({ns, key, value});
        if (found == by_label_.end()) return {};
        if (!fewest || found->second.size() < fewest->size()) fewest = &found->second;
    }
    std::vector<const Deployment*> selected;
    if (!fewest) return selected;
    std::ranges::copy_if(*fewest, std::back_inserter(selected), [&](const Deployment* d) {
        return has_labels(d->pod.labels.value, selector);
    });
    return selected;
}

std::optional<std::uint16_t> target_port(const ServicePort& port, const PodTemplate& pod) {
    if (const auto* number = std::get_if<Number>(&port.target)) {
        return static_cast<std::uint16_t>(number->value);
    }
    const auto* name = std::get_if<Text>(&port.target);
    if (!name) return static_cast<std::uint16_t>(port.port.value);
    for (const Container& container : pod.containers) {
        for (const ContainerPort& open : container.ports) {
            if (open.name.value == name->value && open.protocol.value == port.protocol.value) {
                return static_cast<std::uint16_t>(open.port.value);
            }
        }
    }
    return std::nullopt;
}

bool has_labels(const Labels& labels, const Labels& selector) {
    return std::ranges::includes(labels, selector);
}

std::string labels_text(const Labels& labels) {
    constexpr std::size_t kShown = 5;
    std::vector<std::string> pairs;
    for (const auto& [key, value] : labels) {
        if (pairs.size() == kShown) break;
        pairs.push_back(fmt::format("{}={}", printable(key), printable(value)));
    }
    return fmt::to_string(fmt::join(pairs, ","));
}

}  // namespace sni::lookup
