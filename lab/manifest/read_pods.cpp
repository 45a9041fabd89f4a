// Pods, wherever they are written: containers, their ports, arguments and mounts. What makes pods
// is in read_workloads.cpp.
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
                   "lifecycle", "resizePolicy", "restartPolicy", "restartPolicyRules",
                   "volumeDevices"});
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
        mount.ignore({"readOnly", "recursiveReadOnly", "mountPropagation", "subPathExpr"});
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
    // Every other source of a volume that Kubernetes has or had.
    fields.ignore({"awsElasticBlockStore",
                   "azureDisk",
                   "azureFile",
                   "cephfs",
                   "cinder",
                   "configMap",
                   "csi",
                   "downwardAPI",
                   "emptyDir",
                   "ephemeral",
                   "fc",
                   "flexVolume",
                   "flocker",
                   "gcePersistentDisk",
                   "gitRepo",
                   "glusterfs",
                   "hostPath",
                   "image",
                   "iscsi",
                   "nfs",
                   "persistentVolumeClaim",
                   "photonPersistentDisk",
                   "portworxVolume",
                   "projected",
                   "quobyte",
                   "rbd",
                   "scaleIO",
                   "storageos",
                   "vsphereVolume"});
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
                 "overhead",
                 "activeDeadlineSeconds",
                 "ephemeralContainers",
                 "hostIPC",
                 "hostNetwork",
                 "hostPID",
                 "hostUsers",
                 "hostnameOverride",
                 "initContainers",
                 "resourceClaims",
                 "resources",
                 "schedulingGates",
                 "setHostnameAsFQDN",
                 "workloadRef"});
    spec.objects(
        "containers", [&](Fields& container) { read_container(container, pod); }, Need::required);
    spec.objects("volumes", [&](Fields& volume) { read_volume(volume, pod); });
    if (!spec.in().flawed) check_mounts(pod, spec.in());
}

}  // namespace sni::manifest
