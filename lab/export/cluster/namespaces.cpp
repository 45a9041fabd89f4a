#include "lab/export/cluster/namespaces.h"

#include <fmt/format.h>

#include "lab/lookup/pods.h"

namespace sni::exporting {

std::string apply_namespace(const manifest::Manifest& manifest,
                            const std::string& default_namespace) {
    bool unnamed = false;
    const auto look = [&](const auto& list) {
        for (const auto& object : list) {
            unnamed = unnamed || object.meta.ns.at == object.meta.at;
        }
    };
    look(manifest.secrets);
    look(manifest.services);
    look(manifest.deployments);
    look(manifest.gateways);
    look(manifest.virtual_services);
    look(manifest.destination_rules);
    look(manifest.service_entries);
    look(manifest.api_gateways);
    look(manifest.listener_sets);
    look(manifest.tls_routes);
    look(manifest.reference_grants);
    return unnamed ? default_namespace : std::string();
}

std::set<std::string> gateway_namespaces(const manifest::Manifest& manifest,
                                         const lookup::Environment& environment,
                                         const std::vector<EntryPoint>& edges, ClusterApi api) {
    std::set<std::string> all = {environment.gateway_namespace};
    for (const manifest::Gateway& gateway : manifest.gateways) {
        const manifest::Labels& selector = gateway.selector.value;
        for (const manifest::Deployment& pods : manifest.deployments) {
            const bool selects =
                !selector.empty() && lookup::has_labels(pods.pod.labels.value, selector);
            if (selects) all.insert(pods.meta.ns.value);
        }
    }
    for (const EntryPoint& edge : edges) {
        if (api == ClusterApi::gateway) all.insert(edge.ns);
    }
    return all;
}

std::vector<std::string> missing_namespaces(const manifest::Manifest& manifest,
                                            const std::set<std::string>& known) {
    std::set<std::string> missing;
    for (const manifest::Document& document : manifest.documents) {
        if (!document.ns.empty()) missing.insert(document.ns);
    }
    for (const manifest::Namespace& ns : manifest.namespaces) {
        missing.erase(ns.meta.name.value);
    }
    for (const std::string& name : known) {
        missing.erase(name);
    }
    return {missing.begin(), missing.end()};
}

std::string namespace_document(std::string_view name) {
    return fmt::format(
        "apiVersion: v1\n"
        "kind: Namespace\n"
        "metadata:\n"
        "  creationTimestamp: null\n"
        "  name: {}\n"
        "spec: {{}}\n"
        "status: {{}}\n",
        name);
}

}  // namespace sni::exporting
