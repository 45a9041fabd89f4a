// Kubernetes and Istio documents as plain values: what is written, checked for itself, with the
// spot of everything that a message may want to point at. What the names in it refer to is looked
// up in lab/lookup.
//
// A new kind is a struct in the header of its group, a list of them in Manifest, a reader in
// readers/read_….cpp and a line in the table of readers/kinds.cpp.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/entrance.h"
#include "lab/manifest/gateway_api.h"
#include "lab/manifest/istio.h"
#include "lab/manifest/kubernetes.h"
#include "lab/manifest/versions.h"

namespace sni::manifest {

/// Any object that says its kind, understood or not. `ns` is empty for kinds without a namespace.
struct Document {
    Spot at;
    Text version;  ///< all of apiVersion
    std::string kind;
    std::string ns;
    std::string name;
    /// It names no namespace, and its kind has one, or may: kubectl decides where it goes.
    bool unnamed = false;
    /// No object for kubectl: kustomize's own, or another edition of one that is read.
    bool apart = false;
    /// Codes that its annotation galley.istio.io/analyze-suppress names; "*" is all of them.
    std::vector<std::string> suppressed;
    bool operator==(const Document&) const = default;
};

/// The definition of a kind.
struct Crd {
    Text name;    ///< "tlsroutes.gateway.networking.k8s.io"
    Text bundle;  ///< the release that it is from, "v1.4.0"
    bool operator==(const Crd&) const = default;
};

/// What makes manifests, or holds some, that nobody looked at.
struct Unread {
    Place place;         ///< line 0: a folder
    std::string object;  ///< `HelmRelease "ns/name"`, "Chart.yaml", "a folder"
    std::string what;    ///< of it nobody looked at
    std::string remedy;  ///< what to give in its place
    /// All it says (said_by()); empty: nobody looked at all that it says, or uses.
    std::string said;
    bool operator==(const Unread&) const = default;
};

/// What is not read, and may still tell two manifests apart.
struct Unseen {
    enum class Role {
        part,     ///< of what a maker makes, where there is one: a patch, values, a ConfigMap
        edition,  ///< of an object that was read from another of kustomize's folders
        filter,   ///< it may change whatever a gateway does
    };
    Role role = Role::part;
    std::string said;       ///< all of it (said_by())
    std::string name = {};  ///< by which a maker takes it; empty: it needs no name
    auto operator<=>(const Unseen&) const = default;
};

/// Everything in the order of the files.
struct Manifest {
    std::vector<File> files;
    std::vector<Document> documents;
    std::vector<Namespace> namespaces;
    std::vector<Secret> secrets;
    std::vector<Service> services;
    std::vector<Deployment> deployments;
    std::vector<OtherEndpoint> other_endpoints;
    std::vector<EndpointList> endpoint_lists;
    std::vector<Gateway> gateways;
    std::vector<VirtualService> virtual_services;
    std::vector<DestinationRule> destination_rules;
    std::vector<ServiceEntry> service_entries;
    std::vector<api::GatewayClass> gateway_classes;
    std::vector<api::Gateway> api_gateways;
    std::vector<api::ListenerSet> listener_sets;
    std::vector<api::Route> tls_routes;
    std::vector<api::Route> other_routes;  ///< of the Gateway API
    std::vector<api::ReferenceGrant> reference_grants;
    std::vector<RequestAuthentication> request_authentications;
    std::vector<Crd> crds;                       ///< of the Gateway API
    std::map<std::string, Labels> config_maps;   ///< what each holds, by "ns/name"
    std::vector<Entrance> entrances;             ///< of other gateways
    std::map<std::string, bool> kong_ingresses;  ///< by "ns/name": whether it passes TLS on
    /// Kinds that nobody reads and that may change what a gateway does with a name, one of each
    /// document.
    std::vector<Text> may_matter;
    std::vector<Unread> unread;
    std::vector<Unseen> unseen;
    /// Namespaces in which a kind that is not read makes pods, or may: nobody knows which.
    std::set<std::string> unknown_pods;
    bool whole = true;  ///< false: some document could not be read at all, so names may be missing
    bool operator==(const Manifest&) const = default;
};

struct Parsed {
    Manifest manifest;
    std::vector<Diagnostic> diagnostics;  ///< in file order, all of them
};

}  // namespace sni::manifest
