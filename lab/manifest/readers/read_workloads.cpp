// Whatever makes pods, read as a Deployment: Deployment itself, StatefulSet, DaemonSet, ReplicaSet,
// ReplicationController, Job, and a Pod that stands alone.
#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers/readers.h"

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
        check_labels(pod.labels.value, pod.labels.at, meta.in());
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

void read_workload(const Workload& workload, Fields& field, Deployment& made) {
    made.workload = workload.kind;
    field.ignore(workload.neutral);
    made.replicas = {1, field.at()};
    std::vector<Volume> claims;
    if (workload.kind == "StatefulSet") claims = read_claims(field);
    if (!workload.count.empty()) field(workload.count, made.replicas);
    if (made.replicas.value < 0) {
        field.in().error(code::kValue, made.replicas.at,
                         fmt::format("{} cannot be negative", field.path_of(workload.count)));
    }
    Located<Labels> selector{.value = {}, .at = field.at()};
    if (workload.plain_selector) {
        selector = field.labels("selector");
    } else {
        const auto match = [&](Fields& fields) {
            fields.ignore({"matchExpressions"});
            selector = fields.labels("matchLabels");
        };
        field.object("selector", match, workload.selector);
    }
    check_labels(selector.value, selector.at, field.in());
    const auto pods = [&](Fields& fields) {
        made.pod = read_pod_template(fields, std::move(claims));
        check_selector(selector, made.pod, workload.kind, fields.in());
    };
    field.object("template", pods, Need::required);
}

}  // namespace

void read_deployment(Fields& field, Deployment& made) {
    read_workload({.kind = "Deployment",
                   .neutral = {"strategy", "minReadySeconds", "revisionHistoryLimit",
                               "progressDeadlineSeconds", "paused"}},
                  field, made);
}

void read_stateful_set(Fields& field, Deployment& made) {
    read_workload({.kind = "StatefulSet",
                   .neutral = {"serviceName", "podManagementPolicy", "updateStrategy",
                               "revisionHistoryLimit", "minReadySeconds", "volumeClaimTemplates",
                               "persistentVolumeClaimRetentionPolicy", "ordinals"}},
                  field, made);
}

/// One pod for each node, of which nobody knows how many there are.
void read_daemon_set(Fields& field, Deployment& made) {
    read_workload({.kind = "DaemonSet",
                   .neutral = {"updateStrategy", "minReadySeconds", "revisionHistoryLimit"},
                   .count = {}},
                  field, made);
}

void read_replica_set(Fields& field, Deployment& made) {
    read_workload({.kind = "ReplicaSet", .neutral = {"minReadySeconds"}}, field, made);
}

void read_replication_controller(Fields& field, Deployment& made) {
    read_workload({.kind = "ReplicationController",
                   .neutral = {"minReadySeconds"},
                   .selector = Need::optional,
                   .plain_selector = true},
                  field, made);
}

void read_job(Fields& field, Deployment& made) {
    read_workload({.kind = "Job",
                   .neutral = {"activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex",
                               "completionMode", "completions", "managedBy", "manualSelector",
                               "maxFailedIndexes", "podFailurePolicy", "podReplacementPolicy",
                               "successPolicy", "suspend", "ttlSecondsAfterFinished"},
                   .selector = Need::optional,
                   .count = "parallelism"},
                  field, made);
}

/// Whose containers all ended, as in what kubectl get prints, is nobody's endpoint any more
/// (kubernetes/kubernetes pkg/api/v1/pod/util.go, IsPodTerminal).
void read_pod(Fields& document, Deployment& pod) {
    const yaml::Node* status = document.raw("status");
    const yaml::Node* phase = status ? status->find("phase") : nullptr;
    if (phase && (phase->text() == "Succeeded" || phase->text() == "Failed")) {
        pod.ended = phase->text();
    }
    pod.replicas = {pod.ended.empty() ? 1 : 0, pod.meta.at};
    pod.bare_pod = true;
    pod.workload = "Pod";
    pod.pod.at = pod.meta.at;
    pod.pod.labels = {pod.meta.labels, pod.meta.at};
    document.object("spec", [&](Fields& spec) { read_pod_spec(spec, pod.pod); }, Need::required);
}

}  // namespace sni::manifest
