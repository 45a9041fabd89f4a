// Whatever makes pods, read as a Deployment: Deployment itself, StatefulSet, DaemonSet, ReplicaSet,
// ReplicationController, Job, and a Pod that stands alone.
#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

Labels read_annotations(Fields& meta) {
    Labels annotations;
    const yaml::Node* all = meta.raw("annotations");
    if (!all) return annotations;
    for (const yaml::Entry& entry : all->entries()) {
        annotations.emplace(entry.key.value, entry.value.text());
    }
    return annotations;
}

/// A StatefulSet's claims are volumes of its pods.
std::vector<Volume> read_claims(Fields& spec) {
    std::vector<Volume> volumes;
    const yaml::Node* claims = spec.raw("volumeClaimTemplates");
    if (!claims) return volumes;
    for (const yaml::Node& claim : claims->items()) {
        const yaml::Node* meta = claim.find("metadata");
        const yaml::Node* name = meta ? meta->find("name") : nullptr;
        if (name) volumes.push_back({.name = {name->text(), name->at()}, .secret = {}});
    }
    return volumes;
}

PodTemplate read_pod_template(Fields& fields, std::vector<Volume> claims) {
    PodTemplate pod{.at = fields.at()};
    pod.volumes = std::move(claims);
    pod.labels.at = fields.at();
    fields.object("metadata", [&](Fields& meta) {
        meta.ignore({"creationTimestamp", "name", "namespace", "generateName", "finalizers"});
        pod.annotations = read_annotations(meta);
        pod.labels = meta.labels("labels");
    });
    fields.object("spec", [&](Fields& spec) { read_pod_spec(spec, pod); }, Need::required);
    return pod;
}

/// The API server refuses a Deployment that does not select the pods it makes.
void check_selector(const Located<Labels>& selector, const PodTemplate& pod, std::string_view kind,
                    Reading& in) {
    for (const auto& [key, value] : selector.value) {
        const auto label = pod.labels.value.find(key);
        if (label != pod.labels.value.end() && label->second == value) continue;
        in.error(code::kValue, selector.at,
                 fmt::format("the selector asks for {}={}, which spec.template's pods do not have",
                             printable(key), printable(value)),
                 fmt::format("Kubernetes refuses such a {}", kind),
                 "make spec.selector.matchLabels and spec.template.metadata.labels equal");
        return;
    }
}

/// How the kinds differ.
struct Workload {
    std::string_view kind;
    std::initializer_list<std::string_view> neutral;  ///< fields that change nothing here
    Need selector = Need::required;
    std::string_view count = "replicas";
    bool plain_selector = false;  ///< labels themselves, without matchLabels
};

void read_workload(const Workload& workload, Fields& document, Meta meta, Manifest& into) {
    Deployment made;
    made.workload = workload.kind;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore(workload.neutral);
            made.replicas = {1, spec.at()};
            std::vector<Volume> claims;
            if (workload.kind == "StatefulSet") claims = read_claims(spec);
            if (!workload.count.empty()) {
                made.replicas = spec.number(workload.count).value_or(made.replicas);
            }
            if (made.replicas.value < 0) {
                spec.in().error(code::kValue, made.replicas.at,
                                fmt::format("{} cannot be negative", spec.path_of(workload.count)));
            }
            Located<Labels> selector{.value = {}, .at = spec.at()};
            if (workload.plain_selector) {
                selector = spec.labels("selector");
            } else {
                spec.object(
                    "selector",
                    [&](Fields& fields) {
                        fields.ignore({"matchExpressions"});
                        selector = fields.labels("matchLabels");
                    },
                    workload.selector);
            }
            spec.object(
                "template",
                [&](Fields& fields) {
                    made.pod = read_pod_template(fields, std::move(claims));
                    check_selector(selector, made.pod, workload.kind, fields.in());
                },
                Need::required);
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    made.meta = std::move(meta);
    into.deployments.push_back(std::move(made));
}

}  // namespace

void read_deployment(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "Deployment",
                   .neutral = {"strategy", "minReadySeconds", "revisionHistoryLimit",
                               "progressDeadlineSeconds", "paused"}},
                  document, std::move(meta), into);
}

void read_stateful_set(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "StatefulSet",
                   .neutral = {"serviceName", "podManagementPolicy", "updateStrategy",
                               "revisionHistoryLimit", "minReadySeconds", "volumeClaimTemplates",
                               "persistentVolumeClaimRetentionPolicy", "ordinals"}},
                  document, std::move(meta), into);
}

/// One pod for each node, of which nobody knows how many there are.
void read_daemon_set(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "DaemonSet",
                   .neutral = {"updateStrategy", "minReadySeconds", "revisionHistoryLimit"},
                   .count = {}},
                  document, std::move(meta), into);
}

void read_replica_set(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "ReplicaSet", .neutral = {"minReadySeconds"}}, document, std::move(meta),
                  into);
}

void read_replication_controller(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "ReplicationController",
                   .neutral = {"minReadySeconds"},
                   .selector = Need::optional,
                   .plain_selector = true},
                  document, std::move(meta), into);
}

void read_job(Fields& document, Meta meta, Manifest& into) {
    read_workload({.kind = "Job",
                   .neutral = {"activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex",
                               "completionMode", "completions", "managedBy", "manualSelector",
                               "maxFailedIndexes", "podFailurePolicy", "podReplacementPolicy",
                               "successPolicy", "suspend", "ttlSecondsAfterFinished"},
                   .selector = Need::optional,
                   .count = "parallelism"},
                  document, std::move(meta), into);
}

void read_pod(Fields& document, Meta meta, Manifest& into) {
    Deployment pod{.meta = {}, .replicas = {1, document.at()}, .pod = {}, .bare_pod = true};
    pod.workload = "Pod";
    pod.pod.at = document.at();
    pod.pod.labels = {meta.labels, meta.at};
    document.object("spec", [&](Fields& spec) { read_pod_spec(spec, pod.pod); }, Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    pod.meta = std::move(meta);
    into.deployments.push_back(std::move(pod));
}

}  // namespace sni::manifest
