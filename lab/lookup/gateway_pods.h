// Which pods run Envoys as gateways. Istio merges Gateways per pod, not per cluster: two that
// select different pods share nothing, not even a port (pilot/pkg/model/push_context.go,
// mergeGateways).
#pragma once

#include <string>
#include <vector>

#include "lab/lookup/environment.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

/// Pods that all get the same listeners.
struct GatewayPods {
    std::string name;  ///< "ns/name" of the first Deployment; empty: its pods are not in the files
    std::string ns;    ///< where they run: exportTo and credentialName are judged from here
    Labels labels;
    bool operator==(const GatewayPods&) const = default;
};

/// Those of Istio's own ingress gateway, which every installation has and no tutorial's files hold.
const Labels& usual_gateway_labels();

/// Every group of pods that a Gateway of networking.istio.io selects, in file order; never empty.
/// Labels given by `environment` are the only ones then. Else pods in the files come first, and
/// Istio's own ingress gateway is there for the Gateways that select it and no pod of the files.
std::vector<GatewayPods> gateway_pods(const Manifest& manifest, const Environment& environment);

/// Whether Istio's analyzer says IST0145 of this server of `own` because of `other`, whose pods are
/// the same: it compares hosts as they are written, with the last server that the other Gateway has
/// on the port, and takes what servers before this one said of an address (`bind`) for the other's
/// (pkg/config/analysis/analyzers/gateway/conflictinggateway.go, and CheckDuplicates in
/// pilot/pkg/model/gateway.go, which writes what it reads).
bool is_conflict_to_istio(const Server& server, const Gateway& own, const Gateway& other);

/// `environment` with the namespace in which the files have the gateway's pods, where there is one.
Environment settled(const Manifest& manifest, Environment environment);

}  // namespace sni::lookup
