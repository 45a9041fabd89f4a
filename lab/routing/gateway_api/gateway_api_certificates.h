// What is wrong with the certificates and authorities that listeners and Gateways refer to
// (pilot/pkg/config/kube/gateway/conversion.go, buildTLS, buildCaCertificateReference and
// validateBackendClientCertificateRef). TLS that is passed on never comes to them.
#pragma once

#include <string>

#include "lab/routing/gateway_api/gateway_api_gateways.h"
#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Of the condition ResolvedRefs.
struct Blame {
    std::string reason;  ///< empty: nothing is wrong
    Culprit culprit = {};
};

/// Of certificateRefs, of a listener that ends TLS.
Blame certificates_blame(const Inputs& inputs, const OwnListener& own);
/// Of caCertificateRefs in the Gateway's spec.tls.frontend, for the listener.
Blame authorities_blame(const Inputs& inputs, const OwnListener& own,
                        const api::ClientCheck& check);
/// Of clientCertificateRef in the Gateway's spec.tls.backend; it may have none.
Blame client_certificate_blame(const Inputs& inputs, const api::Gateway& gateway);

}  // namespace sni::routing
