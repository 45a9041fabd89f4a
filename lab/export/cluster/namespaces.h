// The namespaces of an export: where documents go that name none, where gateways run, and which
// have to be made.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/export/cluster/convert.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"

namespace sni::exporting {

/// Where kubectl puts documents that name no namespace: `default_namespace`; empty when all of them
/// name one.
std::string apply_namespace(const manifest::Manifest& manifest,
                            const std::string& default_namespace);

/// Whether one of them is in another namespace: what kubectl apply -n refuses.
bool are_elsewhere(const manifest::Manifest& manifest, const std::string& ns);

/// Where gateways' pods run: where Istio's own are, where the files have pods that a Gateway
/// selects, and where a Gateway of the Gateway API is.
std::set<std::string> gateway_namespaces(const manifest::Manifest& manifest,
                                         const lookup::Environment& environment,
                                         const std::vector<EntryPoint>& edges, ClusterApi api);

/// Those that the documents are in and that neither they nor every cluster has; sorted.
std::vector<std::string> missing_namespaces(const manifest::Manifest& manifest,
                                            const std::set<std::string>& known);

/// Of a namespace that is not in the files, what routes rely on there.
struct Trust {
    manifest::Labels labels;
    std::vector<std::string> notes;  ///< of the labels, and of those that nobody can write
};

/// By name, the namespaces whose unknown labels were taken to be right: those that a listener asks
/// for where a route or a ListenerSet comes to it, if its Gateway stays, and the one by which pods
/// get a sidecar that opens ISTIO_MUTUAL.
std::map<std::string, Trust> trusted_namespaces(const manifest::Manifest& manifest,
                                                const routing::Listeners& listeners,
                                                const lookup::Environment& environment,
                                                ClusterApi api);

/// Byte for byte what `kubectl create namespace NAME --dry-run=client -o yaml` writes, and labels.
std::string namespace_document(std::string_view name, const manifest::Labels& labels = {});

}  // namespace sni::exporting
