// Pods, wherever they are written: containers, their ports, arguments and mounts. What makes pods
// is in read_workloads.cpp.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

bool read_container_port(Fields& field, ContainerPort& port) {
    field.ignore({"hostPort", "hostIP"});
    field("name", port.name);
    check_port_name(port.name, field.in());
    port.protocol = read_protocol(field);
    return field.port("containerPort", port.port, Need::required);
}

bool read_mount(Fields& field, VolumeMount& mount) {
    field.ignore({"readOnly", "recursiveReadOnly", "mountPropagation", "subPathExpr"});
    const bool volume = field("name", mount.volume, Need::required);
    const bool path = field("mountPath", mount.path, Need::required);
    field("subPath", mount.sub_path);
    return volume && path;
}

void read_container(Fields& field, Container& container) {
    field.ignore({"resources", "env", "envFrom", "imagePullPolicy", "livenessProbe",
                  "readinessProbe", "startupProbe", "securityContext", "terminationMessagePath",
                  "terminationMessagePolicy", "stdin", "stdinOnce", "tty", "workingDir",
                  "lifecycle", "resizePolicy", "restartPolicy", "restartPolicyRules",
                  "volumeDevices"});
    field("name", container.name, Need::required);
    field("image", container.image, Need::required);
    field("command", container.command);
    field("args", container.args);
    field("ports", container.ports, read_container_port);
    field("volumeMounts", container.mounts, read_mount);
}

bool read_volume_item(Fields& field, VolumeItem& item) {
    field.ignore({"mode"});
    const bool key = field("key", item.key, Need::required);
    const bool path = field("path", item.path, Need::required);
    return key && path;
}

void read_volume(Fields& field, Volume& volume) {
    // Every other source of a volume that Kubernetes has or had.
    field.ignore({"awsElasticBlockStore",
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
    field("name", volume.name, Need::required);
    field.object("secret", [&](Fields& secret) {
        secret.ignore({"defaultMode"});
        secret("optional", volume.optional);
        volume.secret = secret.text("secretName", Need::required);
        if (volume.secret && !is_object_name(volume.secret->value)) {
            secret.in().error(
                code::kValue, volume.secret->at,
                fmt::format("{} {} is no name of a Secret", secret.path_of("secretName"),
                            quote(volume.secret->value)),
                "only lower-case letters, digits, '-' and '.' may stand in one");
        }
        secret("items", volume.items, read_volume_item);
    });
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

void read_pod_spec(Fields& field, PodTemplate& pod) {
    field.ignore({"restartPolicy",
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
    field("containers", pod.containers, read_container, Need::required);
    field("volumes", pod.volumes, read_volume);
    if (!field.in().flawed) check_mounts(pod, field.in());
}

}  // namespace sni::manifest
