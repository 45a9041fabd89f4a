#include "lab/routing/gateway_api/namespace_labels.h"

#include <algorithm>

namespace sni::routing {

NamespaceLabels::NamespaceLabels(const Manifest& manifest) {
    for (const Namespace& ns : manifest.namespaces) {
        labels_.emplace(ns.meta.name.value, &ns.meta.labels);
    }
}

bool NamespaceLabels::pass(const std::vector<api::LabelTest>& tests, const std::string& ns) const {
    const auto found = labels_.find(ns);
    // Every namespace has this label; the others stand in the files or nowhere.
    Labels labels = found == labels_.end() ? Labels() : *found->second;
    labels.emplace("kubernetes.io/metadata.name", ns);
    return std::ranges::all_of(tests, [&](const api::LabelTest& test) {
        const auto label = labels.find(test.key);
        const bool there = label != labels.end();
        if (test.op == "Exists") return there;
        if (test.op == "DoesNotExist") return !there;
        const bool in = there && std::ranges::find(test.values, label->second) != test.values.end();
        return test.op == "NotIn" ? !in : in;
    });
}

}  // namespace sni::routing
