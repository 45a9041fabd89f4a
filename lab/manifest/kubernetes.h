// Kubernetes' own kinds, as far as a gateway and the pods behind it need them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lab/manifest/meta.h"

namespace sni::manifest {

struct Namespace {
    Meta meta;
    bool operator==(const Namespace&) const = default;
};

/// `data` is decoded, stringData laid over it, as the API server does.
struct Secret {
    Meta meta;
    Text type;
    std::map<std::string, std::string> data;
    bool operator==(const Secret&) const = default;
};

struct ServicePort {
    Text name;
    Text app_protocol;
    Number port;
    std::variant<std::monostate, Number, Text> target;  ///< nothing: the port itself
    Text protocol;
    Spot at;
    bool operator==(const ServicePort&) const = default;
};

/// Istio's own, on a Service: a list of namespaces, between commas.
inline constexpr std::string_view kExportToAnnotation = "networking.istio.io/exportTo";

struct Service {
    Meta meta;
    Text type;
    Text external_name;     ///< of type ExternalName: the name outside that it stands for
    bool headless = false;  ///< clusterIP: None
    Located<Labels> selector;
    std::vector<ServicePort> ports;
    std::vector<Text> export_to;  ///< by its annotation
    bool operator==(const Service&) const = default;
};

struct ContainerPort {
    Text name;
    Number port;
    Text protocol;
    bool operator==(const ContainerPort&) const = default;
};

struct VolumeMount {
    Text volume;
    Text path;
    Text sub_path;
    bool operator==(const VolumeMount&) const = default;
};

struct Container {
    Text name;
    Text image;
    std::vector<Text> command;
    std::vector<Text> args;
    std::vector<ContainerPort> ports;
    std::vector<VolumeMount> mounts;
    bool operator==(const Container&) const = default;
};

/// One key of a Secret under another file name.
struct VolumeItem {
    Text key;
    Text path;
    bool operator==(const VolumeItem&) const = default;
};

struct Volume {
    Text name;
    std::optional<Text> secret;  ///< nothing: another kind of volume
    std::vector<VolumeItem> items;
    bool optional = false;  ///< the pod starts without the Secret
    bool operator==(const Volume&) const = default;
};

/// What a Deployment's pods look like, or a Pod that stands alone.
struct PodTemplate {
    Located<Labels> labels;
    Labels annotations;
    std::vector<Container> containers;
    std::vector<Volume> volumes;
    Spot at;
    bool operator==(const PodTemplate&) const = default;
};

/// Whatever makes pods: a StatefulSet, a DaemonSet, a ReplicaSet, a Job or a Pod that stands alone
/// is read as a Deployment.
struct Deployment {
    Meta meta;
    Number replicas;
    PodTemplate pod;
    bool bare_pod = false;
    std::string ended;                    ///< the phase of a Pod whose containers are all over
    std::string workload = "Deployment";  ///< its kind, as it is written
    std::string_view kind() const { return workload; }
    bool operator==(const Deployment&) const = default;
};

/// Addresses that all have these ports.
struct EndpointSubset {
    std::vector<Text> addresses;                ///< that are ready
    std::map<std::string, std::int64_t> ports;  ///< by the name of the Service's port
    bool operator==(const EndpointSubset&) const = default;
};

/// Where a Service without selector leads to: an EndpointSlice, which has one subset, or the older
/// Endpoints.
struct EndpointList {
    Meta meta;
    Text service;        ///< its name; empty for a slice that says none
    bool named = false;  ///< its addresses are of type FQDN, where nobody goes; none are kept
    std::vector<EndpointSubset> subsets;
    std::string path() const { return meta.ns.value + "/" + service.value; }
    bool operator==(const EndpointList&) const = default;
};

}  // namespace sni::manifest
