// Second pass over the Gateway API's objects: whether the listeners can serve.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_certificates.h"
#include "lab/routing/gateway_api/gateway_api_gateways.h"

namespace sni::routing {

/// Reasons are those of conditions; empty: there is nothing to say.
struct JudgedListener : OwnListener {
    std::string unaccepted = {};  ///< of its protocol
    bool odd_kinds = false;       ///< it allows kinds of routes that it cannot have
    Blame certificate = {};       ///< of its own, or of the authorities that vouch for clients
    bool checks_clients = false;  ///< who must show a certificate, too
    std::string conflict = {};
    const api::Listener* winner = nullptr;  ///< of the conflict

    bool is_valid() const {
        return conflict.empty() && unaccepted.empty() && certificate.reason.empty();
    }
    /// These files show that it cannot end TLS.
    bool is_without_certificate() const {
        return !certificate.reason.empty() && !certificate.culprit.unknown;
    }
    /// Whether routes find it: one of a ListenerSet must be valid, one of the Gateway need not.
    bool is_parent() const { return conflict.empty() && (!set || is_valid()); }
    bool passes_tls_on() const {
        return listener->protocol.value == "TLS" && listener->passthrough;
    }
};

struct JudgedGateway {
    const api::Gateway* gateway = nullptr;
    std::vector<JudgedListener> listeners;      ///< OwnGateway's, each at its index
    std::vector<const api::ListenerSet*> sets;  ///< OwnGateway's
};

/// Of each Gateway, by its index. Reports nothing.
///
/// Of listeners that are in each other's way the first keeps its port, as in Istio
/// (pilot/pkg/config/kube/gatewaycommon/listener_conflict.go); the specification lets all of them
/// lose. A name twice under one protocol of one Gateway is refused by the reader.
std::vector<JudgedGateway> judge_listeners(const Inputs& inputs,
                                           const std::vector<OwnGateway>& gateways);

/// The kinds of routes that the listener may have and allows.
std::vector<std::string> supported_kinds(const api::Listener& listener, const Versions& versions);

}  // namespace sni::routing
