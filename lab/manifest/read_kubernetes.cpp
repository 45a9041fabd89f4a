// Namespace, Secret, Service and Deployment.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

Text text_or(std::optional<Text> text, std::string_view otherwise, Spot at) {
    return text ? std::move(*text) : Text{std::string(otherwise), at};
}

/// As Go's decoder, which skips the line ends that block scalars bring.
std::optional<std::string> decoded(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
    const auto bytes = from_base64(text);
    if (!bytes) return std::nullopt;
    return std::string(as_text(*bytes));
}

void read_secret_data(Fields& document, Secret& secret) {
    for (auto& [key, text] : document.text_entries("data")) {
        auto value = decoded(std::move(text.value));
        if (value) {
            secret.data[key] = std::move(*value);
        } else {
            document.in().error(code::kValue, text.at,
                                fmt::format("data.{} is not base64", printable(key)), {},
                                "put plain text under stringData instead of data");
        }
    }
    for (auto& [key, value] : document.labels("stringData").value) {
        secret.data[key] = value;
    }
}

Text read_protocol(Fields& port) {
    Text protocol = text_or(port.text("protocol"), "TCP", port.at());
    if (protocol.value != "TCP" && protocol.value != "UDP" && protocol.value != "SCTP") {
        port.in().error(code::kValue, protocol.at,
                        fmt::format("{} is {}, but Kubernetes knows TCP, UDP and SCTP",
                                    port.path_of("protocol"), quote(protocol.value)));
    }
    return protocol;
}

void read_service_port(Fields& fields, Service& service) {
    ServicePort port{.at = fields.at()};
    fields.ignore({"nodePort", "appProtocol"});
    port.name = text_or(fields.text("name"), "", fields.at());
    port.protocol = read_protocol(fields);
    const auto number = fields.port("port", Need::required);
    const yaml::Node* target = fields.raw("targetPort");
    if (target && !target->is_null()) {
        const bool named =
            target->kind() == yaml::Kind::scalar && scalar_type(*target) == ScalarType::text;
        if (named && !target->text().empty() &&
            std::ranges::all_of(target->text(), [](char c) { return c >= '0' && c <= '9'; })) {
            fields.in().error(
                code::kType, target->at(),
                fmt::format("{} must be a number or the name of a container's port, not the string "
                            "{}",
                            fields.path_of("targetPort"), quote(target->text())),
                {}, fmt::format("write {} without quotes", target->text()));
        } else if (named) {
            port.target = Text{target->text(), target->at()};
        } else if (const auto numbered = fields.port("targetPort")) {
            port.target = *numbered;
        }
    }
    if (!number) return;
    port.port = *number;
    service.ports.push_back(std::move(port));
}

void check_service_ports(const Service& service, Reading& in) {
    std::set<std::pair<std::int64_t, std::string>> numbers;
    std::set<std::string> names;
    for (const ServicePort& port : service.ports) {
        if (port.name.value.empty() && service.ports.size() > 1) {
            in.error(code::kMissing, port.at, fmt::format("port {} has no name", port.port.value),
                     "each of several ports of a Service needs one");
        } else if (service.ports.size() > 1 && !names.insert(port.name.value).second) {
            in.error(code::kValue, port.name.at,
                     fmt::format("two ports are named {}", quote(port.name.value)));
        }
        if (!numbers.emplace(port.port.value, port.protocol.value).second) {
            in.error(code::kValue, port.port.at,
                     fmt::format("port {} stands here twice", port.port.value));
        }
    }
}

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
        secret.ignore({"defaultMode", "optional"});
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

void read_namespace(Fields& document, Meta meta, Manifest& into) {
    document.ignore({"spec"});
    document.done();
    meta.flawed = document.in().flawed;
    into.namespaces.push_back({.meta = std::move(meta)});
}

void read_secret(Fields& document, Meta meta, Manifest& into) {
    Secret secret;
    document.ignore({"immutable"});
    secret.type = text_or(document.text("type"), "Opaque", document.at());
    read_secret_data(document, secret);
    if (secret.type.value == "kubernetes.io/tls" && !document.in().flawed) {
        for (const std::string key : {"tls.crt", "tls.key"}) {
            if (secret.data.contains(key)) continue;
            document.in().error(code::kMissing, secret.type.at,
                                fmt::format("a Secret of type kubernetes.io/tls needs {}", key), {},
                                "kubectl create secret tls writes both keys");
        }
    }
    document.done();
    meta.flawed = document.in().flawed;
    secret.meta = std::move(meta);
    into.secrets.push_back(std::move(secret));
}

void read_service(Fields& document, Meta meta, Manifest& into) {
    Service service;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy",
                         "sessionAffinity", "sessionAffinityConfig", "externalTrafficPolicy",
                         "internalTrafficPolicy", "loadBalancerIP", "loadBalancerClass",
                         "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "externalIPs",
                         "healthCheckNodePort", "publishNotReadyAddresses", "trafficDistribution"});
            service.type = text_or(spec.text("type"), "ClusterIP", spec.at());
            const std::string& type = service.type.value;
            if (type == "ExternalName") {
                spec.ignore({"externalName"});
                spec.in().unsupported(service.type.at,
                                      "a Service of type ExternalName leads out of the lab");
                meta.flawed = true;
            } else if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer") {
                spec.in().error(code::kValue, service.type.at,
                                fmt::format("there is no type of Service called {}", quote(type)));
            }
            service.selector = spec.labels("selector");
            const Need ports = type == "ExternalName" ? Need::optional : Need::required;
            spec.objects("ports", [&](Fields& port) { read_service_port(port, service); }, ports);
            check_service_ports(service, spec.in());
        },
        Need::required);
    document.done();
    meta.flawed |= document.in().flawed;
    service.meta = std::move(meta);
    into.services.push_back(std::move(service));
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

}  // namespace sni::manifest
