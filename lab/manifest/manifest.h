// Kubernetes and Istio documents as plain values: what is written, checked for itself, with the
// spot of everything that a message may want to point at. What the names in it refer to is looked
// up in scenario.h.
//
// A new kind is a struct here, a list of them in Manifest, a reader in read_….cpp and a line in
// manifest.cpp's table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lab/manifest/words.h"

namespace sni::manifest {

/// `flawed`: something in the document is wrong and was reported, so that what is built on it is
/// not reported again.
struct Meta {
    Text name;
    Text ns;  ///< as written, or the default namespace
    std::string created;
    Labels labels;
    Labels annotations;  ///< those of istio.io
    Spot at;             ///< the document
    bool flawed = false;
    /// "ns/name".
    std::string path() const { return ns.value + "/" + name.value; }
    bool operator==(const Meta&) const = default;
};

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

struct Service {
    Meta meta;
    Text type;
    Text external_name;     ///< of type ExternalName: the name outside that it stands for
    bool headless = false;  ///< clusterIP: None
    Located<Labels> selector;
    std::vector<ServicePort> ports;
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
    std::string workload = "Deployment";  ///< its kind, as it is written
    std::string_view kind() const { return workload; }
    bool operator==(const Deployment&) const = default;
};

/// Addresses that a Service without selector leads to: an EndpointSlice, or the older Endpoints.
struct EndpointList {
    Meta meta;
    Text service;  ///< its name; empty for a slice that says none
    std::vector<Text> addresses;
    std::vector<std::pair<std::string, std::int64_t>> ports;  ///< name, number
    std::string path() const { return meta.ns.value + "/" + service.value; }
    bool operator==(const EndpointList&) const = default;
};

/// networking.istio.io Gateway; the Gateway API's kind of the same name is another one.
enum class TlsMode { passthrough, simple, mutual, auto_passthrough, istio_mutual, optional_mutual };

struct Server {
    Number port;
    Text port_name;
    Text protocol;                  ///< upper case
    std::optional<TlsMode> tls;     ///< nothing: no tls block
    Spot tls_at;                    ///< the mode, or the block without one
    bool mode_given = false;        ///< else it is PASSTHROUGH, the enum's zero
    std::vector<Text> credentials;  ///< credentialName or credentialNames
    std::string bind;
    std::vector<Text> hosts;
    Spot at;
    bool operator==(const Server&) const = default;
};

struct Gateway {
    Meta meta;
    Located<Labels> selector;
    std::vector<Server> servers;
    bool operator==(const Gateway&) const = default;
};

struct Destination {
    Text host;
    Text subset;  ///< empty: none
    std::optional<Number> port;
    Number weight;
    bool operator==(const Destination&) const = default;
};

struct TlsMatch {
    std::vector<Text> sni_hosts;
    std::optional<Number> port;
    std::vector<Text> gateways;
    std::vector<Text> ignored;  ///< fields that a gateway does not look at
    bool operator==(const TlsMatch&) const = default;
};

struct TlsRoute {
    std::vector<TlsMatch> matches;
    std::vector<Destination> destinations;
    Spot at;
    bool operator==(const TlsRoute&) const = default;
};

/// An http rule, as far as a gateway that ends TLS needs it.
struct HttpRule {
    std::vector<Destination> destinations;
    bool unconditional = true;  ///< nothing but a route: no match, no rewrite
    Spot at;
    bool operator==(const HttpRule&) const = default;
};

/// A tcp rule: a gateway looks at the port and the Gateway of its matches, and at nothing else.
struct TcpRule {
    struct Match {
        std::optional<Number> port;
        std::vector<Text> gateways;
        bool operator==(const Match&) const = default;
    };
    std::vector<Match> matches;  ///< none: every connection
    std::vector<Destination> destinations;
    Spot at;
    bool operator==(const TcpRule&) const = default;
};

struct VirtualService {
    Meta meta;
    std::vector<Text> hosts;
    std::vector<Text> gateways;  ///< none: the mesh only
    std::vector<TlsRoute> tls;
    std::vector<HttpRule> http_rules;  ///< those that lead to a destination
    std::vector<Destination> aside;    ///< where tcp rules and mirrors lead
    std::vector<TcpRule> tcp_rules;
    std::vector<Text> export_to;
    std::optional<Spot> http;  ///< it has rules of these kinds
    std::optional<Spot> tcp;
    bool operator==(const VirtualService&) const = default;
};

/// TLS that a gateway adds on its own way to a host, around the client's.
struct ClientTls {
    Text mode;  ///< DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL
    bool has_authority = false;
    std::optional<Number> port;  ///< nothing: all ports
    bool operator==(const ClientTls&) const = default;
};

struct Subset {
    Text name;
    Located<Labels> labels;
    std::vector<ClientTls> tls;
    bool operator==(const Subset&) const = default;
};

/// Its trafficPolicy: only what it does to TLS.
struct DestinationRule {
    Meta meta;
    Text host;
    std::vector<ClientTls> tls;  ///< a port's own replaces the host's
    std::vector<Subset> subsets;
    std::vector<Text> export_to;
    bool operator==(const DestinationRule&) const = default;
};

struct ServiceEntryPort {
    Number number;
    Text name;
    Text protocol;  ///< upper case
    std::optional<Number> target_port;
    bool operator==(const ServiceEntryPort&) const = default;
};

struct EntryEndpoint {
    Text address;
    Located<Labels> labels;
    bool operator==(const EntryEndpoint&) const = default;
};

struct ServiceEntry {
    Meta meta;
    std::vector<Text> hosts;
    std::vector<ServiceEntryPort> ports;
    std::vector<EntryEndpoint> endpoints;
    bool by_selector = false;  ///< its endpoints are pods and WorkloadEntries
    Text resolution;
    std::vector<Text> export_to;
    bool operator==(const ServiceEntry&) const = default;
};

// Kinds of gateway.networking.k8s.io, in a namespace of their own: two of them are called like
// other kinds here.
namespace api {

struct GatewayClass {
    Meta meta;
    Text controller;
    bool operator==(const GatewayClass&) const = default;
};

/// Where a reference leads. What is left out has its default, with the spot of the reference.
struct Reference {
    Text group;
    Text kind;
    Text ns;
    Text name;
    Spot at;
    std::string path() const { return ns.value + "/" + name.value; }
    bool operator==(const Reference&) const = default;
};

enum class From { same, all, selector, none };

/// matchLabels and matchExpressions of a label selector.
struct LabelTest {
    std::string key;
    std::string op;  ///< In, NotIn, Exists or DoesNotExist
    std::vector<std::string> values;
    bool operator==(const LabelTest&) const = default;
};

struct RouteKind {
    Text group;
    Text kind;
    bool operator==(const RouteKind&) const = default;
};

struct Listener {
    Text name;
    Text hostname;  ///< empty: every name
    Number port;
    Text protocol;
    bool has_tls = false;
    bool passthrough = false;  ///< else Terminate, which is what a tls block without mode means
    Spot tls_at;
    std::vector<Reference> certificates;
    From from = From::same;
    std::vector<LabelTest> namespaces;  ///< for From::selector
    std::vector<RouteKind> kinds;       ///< none: what the protocol brings
    Spot at;
    bool operator==(const Listener&) const = default;
};

struct Gateway {
    Meta meta;
    Text class_name;
    std::vector<Listener> listeners;
    From listener_sets = From::none;        ///< allowedListeners: whose ListenerSets may be added
    std::vector<LabelTest> set_namespaces;  ///< for From::selector
    bool operator==(const Gateway&) const = default;
};

struct ParentRef {
    Reference to;
    Text section;                ///< empty: every listener
    std::optional<Number> port;  ///< nothing: every port
    bool operator==(const ParentRef&) const = default;
};

/// Listeners that somebody else adds to a Gateway which allows it.
struct ListenerSet {
    Meta meta;
    ParentRef parent;
    std::vector<Listener> listeners;
    bool operator==(const ListenerSet&) const = default;
};

struct BackendRef {
    Reference to;
    std::optional<Number> port;
    Number weight;
    bool operator==(const BackendRef&) const = default;
};

struct RouteRule {
    std::vector<BackendRef> backends;
    Spot at;
    bool operator==(const RouteRule&) const = default;
};

struct TlsRoute {
    Meta meta;
    std::string version;
    std::vector<ParentRef> parents;
    std::vector<Text> hostnames;  ///< none: every name of the listener
    std::vector<RouteRule> rules;
    bool operator==(const TlsRoute&) const = default;
};

/// An HTTPRoute, GRPCRoute or TCPRoute: where it is attached, and where a TCPRoute leads.
struct OtherRoute {
    Meta meta;
    std::string kind;
    std::vector<ParentRef> parents;
    std::vector<Text> hostnames;   ///< none: every name of the listener
    std::vector<RouteRule> rules;  ///< of a TCPRoute; of others they are not looked at
    bool operator==(const OtherRoute&) const = default;
};

/// Who may refer to what in the grant's own namespace.
struct ReferenceGrant {
    struct Who {
        Text group;
        Text kind;
        Text ns;
        bool operator==(const Who&) const = default;
    };
    struct What {
        Text group;
        Text kind;
        Text name;  ///< empty: all of them
        bool operator==(const What&) const = default;
    };
    Meta meta;
    std::vector<Who> from;
    std::vector<What> to;
    bool operator==(const ReferenceGrant&) const = default;
};

}  // namespace api

/// Any object that says its kind, understood or not. `ns` is empty for kinds without a namespace.
struct Document {
    Spot at;
    std::string kind;
    std::string ns;
    std::string name;
    /// Codes that its annotation galley.istio.io/analyze-suppress names; "*" is all of them.
    std::vector<std::string> suppressed;
    bool operator==(const Document&) const = default;
};

/// Everything in the order of the files.
struct Manifest {
    std::vector<File> files;
    std::vector<Document> documents;
    std::vector<Namespace> namespaces;
    std::vector<Secret> secrets;
    std::vector<Service> services;
    std::vector<Deployment> deployments;
    std::vector<EndpointList> endpoint_lists;
    std::vector<Gateway> gateways;
    std::vector<VirtualService> virtual_services;
    std::vector<DestinationRule> destination_rules;
    std::vector<ServiceEntry> service_entries;
    std::vector<api::GatewayClass> gateway_classes;
    std::vector<api::Gateway> api_gateways;
    std::vector<api::ListenerSet> listener_sets;
    std::vector<api::TlsRoute> tls_routes;
    std::vector<api::OtherRoute> other_routes;
    std::vector<api::ReferenceGrant> reference_grants;
    /// Namespaces in which a kind that is not read makes pods: nobody knows which.
    std::set<std::string> unknown_pods;
    bool whole = true;  ///< false: some document could not be read at all, so names may be missing
    bool operator==(const Manifest&) const = default;
};

struct Parsed {
    Manifest manifest;
    std::vector<Diagnostic> diagnostics;  ///< in file order, all of them
};

/// Reads every document of every file. `default_namespace` is where documents without a namespace
/// go, as with kubectl -n. What is no manifest, and kinds that nothing here asks about, are left
/// aside, and all of them are named in one finding of level info; `also_left_aside` is what whoever
/// found the files left aside already.
Parsed parse_manifests(std::vector<File> files, std::string_view default_namespace,
                       std::vector<std::string> also_left_aside = {});

/// True for what --allow-unsupported lets pass.
bool is_unsupported(const Diagnostic& diagnostic);
/// Makes those warnings.
void allow_unsupported(std::vector<Diagnostic>& diagnostics);

}  // namespace sni::manifest
