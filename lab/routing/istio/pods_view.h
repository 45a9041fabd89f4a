// The pods of one gateway and what they see: what every pass over Istio's own objects looks at.
#pragma once

#include <string>

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Nothing in it changes from pass to pass.
struct PodsView {
    const Inputs& inputs;
    const GatewayPods& pods;
    const Services& services;  ///< as these pods see them
    std::string proxy;         ///< FilterChain::proxy
};

/// `inputs` and `pods` must outlive it.
PodsView view_of(const GatewayPods& pods, const Inputs& inputs);

/// Up to five of them, as people read them: "app=gateway and istio=ingress".
std::string shown(const Labels& labels);

}  // namespace sni::routing
