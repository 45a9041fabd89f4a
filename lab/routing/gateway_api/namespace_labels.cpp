#include "lab/routing/gateway_api/namespace_labels.h"

#include <algorithm>

namespace sni::routing {

namespace {

constexpr const char* kNameLabel = "kubernetes.io/metadata.name";

bool passes(const api::LabelTest& test, const Labels& labels) {
    const auto label = labels.find(test.key);
    const bool there = label != labels.end();
    if (test.op == "Exists") return there;
    if (test.op == "DoesNotExist") return !there;
    const bool in = there && std::ranges::find(test.values, label->second) != test.values.end();
    return test.op == "NotIn" ? !in : in;
}

}  // namespace

NamespaceLabels::NamespaceLabels(const Manifest& manifest) {
    for (const Namespace& ns : manifest.namespaces) {
        labels_.emplace(ns.meta.name.value, &ns.meta.labels);
    }
}

Passes NamespaceLabels::pass(const std::vector<api::LabelTest>& tests,
                             const std::string& ns) const {
    const auto found = labels_.find(ns);
    const bool known = found != labels_.end();
    // Every namespace has this label.
    Labels labels = known ? *found->second : Labels();
    labels.emplace(kNameLabel, ns);
    Passes all = Passes::yes;
    for (const api::LabelTest& test : tests) {
        const bool told = known || test.key == kNameLabel;
        all = std::min(all, !test.is_valid()       ? Passes::no
                            : !told                ? Passes::unknown
                            : passes(test, labels) ? Passes::yes
                                                   : Passes::no);
    }
    return all;
}

}  // namespace sni::routing
