#include "lab/lookup/sidecars.h"

namespace sni::lookup {

namespace {

Injected of_namespace(const Labels& labels) {
    const auto injection = labels.find("istio-injection");
    const bool named = injection != labels.end();
    if (named && injection->second == "enabled") return Injected::yes;
    if (named && injection->second == "disabled") return Injected::no;
    if (labels.contains("istio.io/dataplane-mode")) return Injected::unknown;
    return !named && labels.contains("istio.io/rev") ? Injected::yes : Injected::unlabelled;
}

Injected of_pods(const Deployment& deployment) {
    const auto texts = {&deployment.pod.labels.value, &deployment.pod.annotations,
                        &deployment.meta.annotations};
    for (const Labels* each : texts) {
        if (each->contains("sidecar.istio.io/status")) return Injected::yes;
    }
    for (const Labels* each : texts) {
        const auto found = each->find("sidecar.istio.io/inject");
        if (found != each->end()) return found->second == "true" ? Injected::yes : Injected::no;
    }
    return Injected::unknown;
}

}  // namespace

Sidecars::Sidecars(const Manifest& manifest) {
    for (const Namespace& ns : manifest.namespaces) {
        namespaces_[ns.meta.name.value] = of_namespace(ns.meta.labels);
    }
}

Injected Sidecars::of(const std::string& ns, const std::vector<const Deployment*>& pods) const {
    for (const Deployment* each : pods) {
        const Injected own = of_pods(*each);
        if (own != Injected::unknown) return own;
    }
    const auto found = namespaces_.find(ns);
    return found == namespaces_.end() ? Injected::unknown : found->second;
}

}  // namespace sni::lookup
