// What stands behind Services and is no workload that is read: CronJobs, and kinds of which nobody
// here knows what they make.
#include <algorithm>
#include <array>
#include <string>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

/// Groups of kinds that are often applied beside workloads and make no pods.
constexpr std::array<std::string_view, 22> kGroupsWithout = {"acme.cert-manager.io",
                                                             "bitnami.com",
                                                             "cert-manager.io",
                                                             "cilium.io",
                                                             "config.openshift.io",
                                                             "configuration.konghq.com",
                                                             "crd.projectcalico.org",
                                                             "external-secrets.io",
                                                             "externaldns.k8s.io",
                                                             "gateway.networking.x-k8s.io",
                                                             "generators.external-secrets.io",
                                                             "kyverno.io",
                                                             "metallb.io",
                                                             "networking.x-k8s.io",
                                                             "projectcalico.org",
                                                             "projectcontour.io",
                                                             "route.openshift.io",
                                                             "secrets-store.csi.x-k8s.io",
                                                             "security.openshift.io",
                                                             "source.toolkit.fluxcd.io",
                                                             "traefik.containo.us",
                                                             "traefik.io"};

/// Kinds of groups of which others do.
constexpr std::array<std::string_view, 9> kKindsWithout = {
    "AlertmanagerConfig",   "AppProject",   "PodMonitor",   "Probe",
    "PrometheusRule",       "ScaledObject", "ScrapeConfig", "ServiceMonitor",
    "TriggerAuthentication"};

/// Of a kind that is not read; those of Kubernetes and of Istio are all known.
bool may_make_pods(std::string_view group, std::string_view kind) {
    const auto ends_with = [&](std::string_view end) { return group.ends_with(end); };
    if (kind == "WorkloadGroup" || group == "install.istio.io") return true;
    const bool kubernetes =
        !group.contains('.') || (ends_with(".k8s.io") && !ends_with(".x-k8s.io"));
    return !kubernetes && !ends_with(".istio.io") &&
           std::ranges::find(kGroupsWithout, group) == kGroupsWithout.end() &&
           std::ranges::find(kKindsWithout, kind) == kKindsWithout.end();
}

bool is_template_of_pods(const yaml::Node& document) {
    const yaml::Node* pods = loose::at(document, {"spec", "template"});
    return pods && pods->find("spec");
}

}  // namespace

std::string namespace_of(const yaml::Node& document, std::string_view default_namespace) {
    const yaml::Node* ns = loose::at(document, {"metadata", "namespace"});
    return ns && !ns->text().empty() ? ns->text() : std::string(default_namespace);
}

void read_cron_job(const yaml::Node& document, std::string_view default_namespace, Manifest& into) {
    OtherEndpoint& made = into.other_endpoints.emplace_back();
    made.kind = loose::text(document, "kind").value;
    made.meta.at = document.at();
    if (const yaml::Node* meta = document.find("metadata"))
        made.meta.name = loose::text(*meta, "name");
    made.meta.ns.value = namespace_of(document, default_namespace);
    const yaml::Node* labels =
        loose::at(document, {"spec", "jobTemplate", "spec", "template", "metadata", "labels"});
    if (!labels) return;
    for (const yaml::Entry& entry : labels->entries()) {
        made.labels.emplace(entry.key.value, entry.value.text());
    }
}

void note_unknown_pods(const yaml::Node& document, std::string_view group, std::string_view kind,
                       std::string_view default_namespace, Manifest& into) {
    if (!is_template_of_pods(document) && !may_make_pods(group, kind)) return;
    into.unknown_pods.insert(namespace_of(document, default_namespace));
    // Of Flux and of Argo CD, which apply what they name elsewhere.
    for (const yaml::Node* there : {loose::at(document, {"spec", "targetNamespace"}),
                                    loose::at(document, {"spec", "destination", "namespace"})}) {
        if (there && !there->text().empty()) into.unknown_pods.insert(there->text());
    }
}

}  // namespace sni::manifest
