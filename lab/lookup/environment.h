// What a cluster has and manifests lack: who the ingress gateway is. Flags fill it in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/lookup/words.h"

namespace sni::lookup {

struct Environment {
    /// Of the ingress gateway's pods. Nothing: those that Istio's own has; pods in the files may be
    /// gateways then too.
    std::optional<Labels> gateway_labels;
    /// Of pods of further gateways, each group with an Envoy configuration of its own.
    std::vector<Labels> more_gateway_labels;
    /// Where they run, unless the files hold the pods and tell it themselves.
    std::string gateway_namespace = "istio-system";
    /// "NS/NAME": no other Gateway is looked at.
    std::optional<std::string> gateway;
    /// The GatewayClass that is ours. Nothing: istio, and every class in the files that Istio's
    /// controller has.
    std::optional<std::string> gateway_class;
    /// Objects of other gateways (manifest/entrance.h) count as gateways, too.
    bool entrances = false;
    /// Without a gateway_class every GatewayClass is ours, whoever its controller is, but Istio's
    /// for gateways of other clusters.
    bool any_class = false;
    /// What the cluster runs; the manifests were read for the same (parse_manifests()).
    Versions versions;
    bool operator==(const Environment&) const = default;
};

}  // namespace sni::lookup
