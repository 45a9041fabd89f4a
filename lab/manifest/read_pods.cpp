// Pod and Deployment: containers, their ports, arguments and mounts.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

void read_container(Fields& fields, PodTemplate& pod) {
    Container container;
    fields.ignore({"resources", "env", "envFrom", "imagePullPolicy", "livenessProbe",
                   "readinessProbe", "startupProbe", "securityContext", "terminationMessagePath",
                   "terminationMessagePolicy", "stdin", "stdinOnce", "tty", "workingDir",
                   "lifecycle", "resizePolicy"});
    container.name = text_or(fields.text("name", Need::required), "", fields.at());
    container.image = text_or(fields.text("image", Need::required), "", fields.at());
    container.command = fields.texts("command");
    container.args = fields.texts("args");
    fields.objects("ports", [&](Fields& port) {
        port.ignore({"hostPort", "hostIP"});
        ContainerPort read{.name = text_or(port.text("name"), "", port.at()),
                           .port = {},
                           .protocol = read_protocol(port)};
        if (const auto number = port.port("containerPort", Need::required)) {
            read.port = *number;
            container.ports.push_back(std::move(read));
        }
    });
    fields.objects("volumeMounts", [&](Fields& mount) {
        mount.ignore({"readOnly", "recursiveReadOnly", "mountPropagation"});
        auto volume = mount.text("name", Need::required);
        auto path = mount.text("mountPath", Need::required);
        Text sub_path = text_or(mount.text("subPath"), "", mount.at());
        if (volume && path) {
            container.mounts.push_back({.volume = std::move(*volume),
                                        .path = std::move(*path),
                                        .sub_path = std::move(sub_path)});
        }
    });
    pod.containers.push_back(std::move(container));
}

void read_volume(Fields& fields, PodTemplate& pod) {
    Volume volume;
    fields.ignore({"configMap", "emptyDir", "projected", "hostPath", "persistentVolumeClaim",
                   "downwardAPI", "csi", "nfs", "ephemeral"});
    volume.name = text_or(fields.text("name", Need::required), "", fields.at());
    fields.object("secret", [&](Fields& secret) {
        secret.ignore({"defaultMode"});
        volume.optional = secret.boolean("optional").value_or(false);
        volume.secret = secret.text("secretName", Need::required);
        secret.objects("items", [&](Fields& item) {
            item.ignore({"mode"});
            auto key = item.text("key", Need::required);
            auto path = item.text("path", Need::required);
            if (key && path) volume.items.push_back({std::move(*key), std::move(*path)});
        });
    });
    pod.volumes.push_back(std::move(volume));
}

void check_mounts(const PodTemplate& pod, Reading& in) {
    std::vector<std::string> names;
    names.reserve(pod.volumes.size());
    for (const Volume& volume : pod.volumes) {
        names.push_back(volume.name.value);
    }
    const std::set<std::string> known(names.begin(), names.end());
    for (const Container& container : pod.containers) {
        for (const VolumeMount& mount : container.mounts) {
            if (known.contains(mount.volume.value)) continue;
            const auto near = names.size() <= 100 ? nearest(mount.volume.value.substr(0, 64), names)
                                                  : std::optional<std::string>();
            in.error(code::kValue, mount.volume.at,
                     fmt::format("the pod has no volume {}", quote(mount.volume.value)), {},
                     near ? fmt::format("did you mean {}?", *near) : std::string());
        }
    }
}

PodTemplate read_pod_template(Fields& fields) {
    PodTemplate pod{.at = fields.at()};
    pod.labels.at = fields.at();
    fields.object("metadata", [&](Fields& meta) {
        meta.ignore({"annotations", "creationTimestamp", "name", "namespace"});
        pod.labels = meta.labels("labels");
    });
    fields.object("spec", [&](Fields& spec) { read_pod_spec(spec, pod); }, Need::required);
    return pod;
}

/// The API server refuses a Deployment that does not select the pods it makes.
void check_selector(const Located<Labels>& selector, const PodTemplate& pod, Reading& in) {
    for (const auto& [key, value] : selector.value) {
        const auto label = pod.labels.value.find(key);
        if (label != pod.labels.value.end() && label->second == value) continue;
        in.error(code::kValue, selector.at,
                 fmt::format("the selector asks for {}={}, which spec.template's pods do not have",
                             printable(key), printable(value)),
                 "Kubernetes refuses such a Deployment",
                 "make spec.selector.matchLabels and spec.template.metadata.labels equal");
        return;
    }
}

}  // namespace

void read_pod_spec(Fields& spec, PodTemplate& pod) {
    spec.ignore({"restartPolicy",
                 "serviceAccountName",
                 "serviceAccount",
                 "nodeSelector",
                 "nodeName",
                 "tolerations",
                 "affinity",
                 "securityContext",
                 "terminationGracePeriodSeconds",
                 "dnsPolicy",
                 "dnsConfig",
                 "imagePullSecrets",
                 "automountServiceAccountToken",
                 "schedulerName",
                 "priorityClassName",
                 "priority",
                 "topologySpreadConstraints",
                 "enableServiceLinks",
                 "hostAliases",
                 "hostname",
                 "subdomain",
                 "shareProcessNamespace",
                 "preemptionPolicy",
                 "runtimeClassName",
                 "readinessGates",
                 "os",
                 "overhead"});
    spec.objects(
        "containers", [&](Fields& container) { read_container(container, pod); }, Need::required);
    spec.objects("volumes", [&](Fields& volume) { read_volume(volume, pod); });
    if (!spec.in().flawed) check_mounts(pod, spec.in());
}

void read_deployment(Fields& document, Meta meta, Manifest& into) {
    Deployment deployment;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"strategy", "minReadySeconds", "revisionHistoryLimit",
                         "progressDeadlineSeconds", "paused"});
            deployment.replicas = spec.number("replicas").value_or(Number{1, spec.at()});
            if (deployment.replicas.value < 0) {
                spec.in().error(code::kValue, deployment.replicas.at,
                                "spec.replicas cannot be negative");
            }
            Located<Labels> selector{.value = {}, .at = spec.at()};
            spec.object(
                "selector", [&](Fields& fields) { selector = fields.labels("matchLabels"); },
                Need::required);
            spec.object(
                "template",
                [&](Fields& fields) {
                    deployment.pod = read_pod_template(fields);
                    check_selector(selector, deployment.pod, fields.in());
                },
                Need::required);
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    deployment.meta = std::move(meta);
    into.deployments.push_back(std::move(deployment));
}

void read_pod(Fields& document, Meta meta, Manifest& into) {
    Deployment pod{.meta = {}, .replicas = {1, document.at()}, .pod = {}, .bare_pod = true};
    pod.pod.at = document.at();
    pod.pod.labels = {meta.labels, meta.at};
    document.object("spec", [&](Fields& spec) { read_pod_spec(spec, pod.pod); }, Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    pod.meta = std::move(meta);
    into.deployments.push_back(std::move(pod));
}

}  // namespace sni::manifest
