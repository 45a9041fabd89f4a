#include "lab/routing/gateway_api/gateway_api_certificates.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lab/lookup/tls_secret.h"
#include "lab/routing/gateway_api/gateway_api_grants.h"

namespace sni::routing {

namespace {

bool is_core(const api::Reference& to, std::string_view kind) {
    return to.group.value.empty() && to.kind.value == kind;
}

Blame certificate_blame(const Inputs& inputs, const OwnListener& own, const api::Reference& to) {
    const auto blame = [&](const char* reason, std::string why, bool unknown = false) {
        return Blame{reason, {.to = to, .why = std::move(why), .unknown = unknown}};
    };
    if (!is_core(to, "Secret"))
        return blame("InvalidCertificateRef", fmt::format("{} {} is no Secret of Kubernetes",
                                                          to.kind.value, quote(to.path())));
    const Secret* secret = secret_at(inputs.manifest, to.path());
    const std::string problem = secret ? tls_secret_problem(*secret) : std::string();
    if (!problem.empty())
        return blame("InvalidCertificateRef",
                     fmt::format("Secret {} {}", quote(to.path()), problem));
    if (!is_granted(inputs, own.kind(), own.ns(), to)) return blame("RefNotPermitted", kNoGrant);
    if (!secret) return blame("InvalidCertificateRef", {}, true);
    return {};
}

}  // namespace

Blame certificates_blame(const Inputs& inputs, const OwnListener& own) {
    const std::vector<api::Reference>& all = own.listener->certificates;
    constexpr std::size_t kMost = 2;
    if (all.size() > kMost) {
        return {
            "InvalidCertificateRef",
            {.to = all.front(),
             .why = fmt::format("it names {} Secrets, and Istio takes two at most", all.size())}};
    }
    // One that is of use is enough; else the first problem is told. Of none nothing is wrong:
    // options stand there, or the reader says so.
    Blame first;
    std::optional<Culprit> unknown;
    for (const api::Reference& to : all) {
        Blame blame = certificate_blame(inputs, own, to);
        if (blame.reason.empty()) return {};
        if (blame.culprit.unknown && !unknown) unknown = blame.culprit;
        if (first.reason.empty()) first = std::move(blame);
    }
    if (unknown) first.culprit = *std::move(unknown);
    return first;
}

Blame authorities_blame(const Inputs& inputs, const OwnListener& own,
                        const api::ClientCheck& check) {
    api::Reference to = check.authorities.front();
    const bool named = to.ns.at != to.at;  // else it is that of whoever has the listener
    if (!named) to.ns.value = own.ns();
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
    const auto& maps = inputs.manifest.config_maps;
    const auto found = maps.find(to.path());
    const Secret* secret = map ? nullptr : secret_at(inputs.manifest, to.path());
    const bool here = map ? found != maps.end() : secret != nullptr;
    if (!here) return blame("InvalidCACertificateRef", "", true);
    if (!holds_certificate(authorities_of(map ? found->second : secret->data)))
        return blame("InvalidCACertificateRef", kWanted);
    if (!is_granted(inputs, own.kind(), own.ns(), to)) return blame("RefNotPermitted", kNoGrant);
    return {};
}

Blame client_certificate_blame(const Inputs& inputs, const api::Gateway& gateway) {
    if (!gateway.client_certificate) return {};
    const api::Reference& to = *gateway.client_certificate;
    const auto blame = [&](const char* reason, bool unknown) {
        return Blame{reason,
                     {.of = Culprit::Of::backends, .to = to, .why = {}, .unknown = unknown}};
    };
    const bool named = is_core(to, "Secret");
    const Secret* secret = named ? secret_at(inputs.manifest, to.path()) : nullptr;
    if (!secret || !tls_secret_problem(*secret).empty())
        return blame("InvalidClientCertificateRef", named && !secret);
    if (!is_granted(inputs, "Gateway", gateway.meta.ns.value, to))
        return blame("RefNotPermitted", false);
    return {};
}

}  // namespace sni::routing
