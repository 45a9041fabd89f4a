// spec.tls of a Gateway (pilot/pkg/config/kube/gateway/conversion.go, buildTLS,
// buildCaCertificateReference and validateBackendClientCertificateRef). TLS that is passed on never
// comes to it.
#include "lab/lookup/tls_secret.h"
#include "lab/routing/gateway_api/gateway_api_grants.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

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
    Blame blame = authority_blame(planned, *check);
    if (blame.reason.empty()) return;
    planned.uncertified = std::move(blame.reason);
    planned.culprit = std::move(blame.culprit);
}

GatewayApi::Blame GatewayApi::authority_blame(const ListenerPlan& planned,
                                              const api::ClientCheck& check) const {
    api::Reference to = check.authorities.front();
    const bool named = to.ns.at != to.at;  // else it is that of whoever has the listener
    if (!named) to.ns.value = planned.ns();
    const auto blame = [&](const char* reason, const char* why, bool unknown = false) {
        return Blame{reason,
                     {.of = Culprit::Of::clients, .to = to, .why = why, .unknown = unknown}};
    };
    constexpr const char* kWanted =
        "it takes a ConfigMap or a Secret with a certificate in PEM "
        "under ca.crt";
    const bool map = is_core(to, "ConfigMap");
    if (check.authorities.size() > 1)
        return blame("InvalidCACertificateRef", "Istio takes one caCertificateRef");
    if (!map && !is_core(to, "Secret")) return blame("InvalidCACertificateKind", kWanted);
    const auto found = manifest_.config_maps.find(to.path());
    const Secret* secret = map ? nullptr : secret_at(manifest_, to.path());
    const bool here = map ? found != manifest_.config_maps.end() : secret != nullptr;
    if (!here) return blame("InvalidCACertificateRef", "", true);
    if (!holds_certificate(authorities_of(map ? found->second : secret->data)))
        return blame("InvalidCACertificateRef", kWanted);
    if (!is_granted(inputs_, planned.kind(), planned.ns(), to))
        return blame("RefNotPermitted", kNoGrant);
    return {};
}

GatewayApi::Blame GatewayApi::client_certificate_blame(const api::Gateway& gateway) const {
    if (!gateway.client_certificate) return {};
    const api::Reference& to = *gateway.client_certificate;
    const auto blame = [&](const char* reason, bool unknown) {
        return Blame{reason,
                     {.of = Culprit::Of::backends, .to = to, .why = {}, .unknown = unknown}};
    };
    const bool named = is_core(to, "Secret");
    const Secret* secret = named ? secret_at(manifest_, to.path()) : nullptr;
    if (!secret || !tls_secret_problem(*secret).empty())
        return blame("InvalidClientCertificateRef", named && !secret);
    if (!is_granted(inputs_, "Gateway", gateway.meta.ns.value, to))
        return blame("RefNotPermitted", false);
    return {};
}

}  // namespace sni::routing
