// spec.tls of a Gateway (pilot/pkg/config/kube/gateway/conversion.go, buildTLS,
// buildCaCertificateReference and validateBackendClientCertificateRef). TLS that is passed on never
// comes to it.
#include "lab/lookup/tls_secret.h"
#include "lab/routing/gateway_api_routing.h"

namespace sni::routing {

namespace {

bool is_core(const api::Reference& to, std::string_view kind) {
    return to.group.value.empty() && to.kind.value == kind;
}

}  // namespace

void GatewayApi::check_clients(const api::Gateway& gateway, ListenerPlan& planned) const {
    const api::ClientCheck* check = gateway.check_at(planned.listener->port.value);
    if (!check) return;
    planned.checks_clients = true;
    planned.no_certificate = true;
    api::Reference to = check->authorities.front();
    const bool named = to.ns.at != to.at;  // else it is that of whoever has the listener
    if (!named) to.ns.value = planned.ns();
    const bool map = is_core(to, "ConfigMap");
    if (check->authorities.size() > 1) {
        planned.uncertified = "InvalidCACertificateRef";
    } else if (!map && !is_core(to, "Secret")) {
        planned.uncertified = "InvalidCACertificateKind";
    } else {
        const auto found = manifest_.authorities.find(to.path());
        const Secret* secret = map ? nullptr : secret_of(to.path());
        const bool here = map ? found != manifest_.authorities.end() : secret != nullptr;
        const bool good = here && holds_certificate(map ? found->second : authorities_of(*secret));
        if (!good) {
            planned.uncertified = "InvalidCACertificateRef";
            planned.no_certificate = here;  // what is not in these files may be in others
        } else if (!is_granted(planned.kind(), planned.ns(), to)) {
            planned.uncertified = "RefNotPermitted";
        }
    }
    if (planned.uncertified.empty()) planned.no_certificate = false;
}

std::string GatewayApi::client_certificate_problem(const api::Gateway& gateway) const {
    if (!gateway.client_certificate) return {};
    const api::Reference& to = *gateway.client_certificate;
    const Secret* secret = is_core(to, "Secret") ? secret_of(to.path()) : nullptr;
    if (!secret || !tls_secret_problem(*secret).empty()) return "InvalidClientCertificateRef";
    return is_granted("Gateway", gateway.meta.ns.value, to) ? "" : "RefNotPermitted";
}

}  // namespace sni::routing
