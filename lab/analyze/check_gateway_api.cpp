// What a controller would write into the status of Gateway API listeners, as findings: references
// to certificates that it may not or cannot follow, and kinds of routes that it does not know.
#include <algorithm>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/tls_secret.h"
#include "lab/manifest/codes.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// Of Gateways, or of ListenerSets.
template <class Owner>
const api::Listener* listener_of(const std::vector<Owner>& owners, const Condition& condition) {
    for (const Owner& owner : owners) {
        if (owner.meta.ns.value != condition.ns || owner.meta.name.value != condition.name) {
            continue;
        }
        const auto found =
            std::ranges::find_if(owner.listeners, [&](const api::Listener& listener) {
                return listener.name.value == *condition.listener;
            });
        if (found != owner.listeners.end()) return &*found;
    }
    return nullptr;
}

bool is_secret(const api::Reference& to) {
    return to.kind.value == "Secret" && to.group.value.empty();
}

/// `ns` is that of whoever has the listener.
void report_certificate(const Manifest& manifest, const std::string& ns,
                        const api::Listener& listener, Findings& findings) {
    const std::string name = quote(listener.name.value);
    std::string problem;
    Spot at = listener.certificates.front().at;
    const api::Reference* missing = nullptr;
    for (const api::Reference& to : listener.certificates) {
        const auto secret = std::ranges::find_if(
            manifest.secrets, [&](const Secret& s) { return s.meta.path() == to.path(); });
        std::string own;
        if (!is_secret(to)) {
            own = fmt::format("{} {} is no Secret of Kubernetes", to.kind.value, quote(to.path()));
        } else if (secret == manifest.secrets.end()) {
            // One of another namespace counts only with a grant.
            if (!missing || to.ns.value == ns) missing = &to;
        } else if (const std::string why = tls_secret_problem(*secret); !why.empty()) {
            own = fmt::format("Secret {} {}", quote(to.path()), why);
        }
        if (own.empty() || !problem.empty()) continue;
        problem = std::move(own);
        at = to.at;
    }
    if (missing && (problem.empty() || missing->ns.value == ns)) {
        return findings.add(Level::info, manifest::code::kListener, missing->at,
                            fmt::format("the Secret {} of listener {} is not in these files",
                                        quote(missing->path()), name),
                            "without it the listener is not programmed");
    }
    if (problem.empty()) {
        problem = fmt::format("it names {} Secrets, and Istio takes two at most",
                              listener.certificates.size());
    }
    findings.error(manifest::code::kListener, at,
                   fmt::format("listener {} has no certificate: InvalidCertificateRef", name),
                   std::move(problem), "name a Secret of type kubernetes.io/tls");
}

/// Whose certificates a listener may accept: `reason` is of its condition.
void report_authorities(const Manifest& manifest, const api::ClientCheck& check,
                        const api::Listener& listener, const std::string& reason,
                        Findings& findings) {
    const api::Reference& to = check.authorities.front();
    const std::string name = quote(listener.name.value);
    const bool map = to.kind.value == "ConfigMap" && to.group.value.empty();
    const bool here = map ? manifest.authorities.contains(to.path())
                          : std::ranges::any_of(manifest.secrets, [&](const Secret& s) {
                                return s.meta.path() == to.path();
                            });
    if (check.authorities.size() == 1 && (map || is_secret(to)) && !here) {
        return findings.add(Level::info, manifest::code::kListener, to.at,
                            fmt::format("{} {}, whose certificates clients of listener {} must "
                                        "show, is not in these files",
                                        to.kind.value, quote(to.path()), name),
                            "without it the listener is not programmed");
    }
    findings.error(
        manifest::code::kListener, to.at,
        fmt::format("listener {} cannot check clients by {} {}: {}", name, to.kind.value,
                    quote(to.path()), reason),
        check.authorities.size() > 1 ? "Istio takes one caCertificateRef"
        : reason == "RefNotPermitted"
            ? "it is in another namespace, and no ReferenceGrant of these files is there for it"
            : "it takes a ConfigMap or a Secret with a certificate in PEM under ca.crt",
        reason == "RefNotPermitted"
            ? fmt::format("add a ReferenceGrant in namespace {}, from Gateways to {}s",
                          quote(to.ns.value), to.kind.value)
            : std::string());
}

/// The certificate that a Gateway shows to backends.
void report_client_certificate(const Manifest& manifest, const Condition& condition,
                               Findings& findings) {
    for (const api::Gateway& gateway : manifest.api_gateways) {
        const bool here = gateway.meta.ns.value == condition.ns &&
                          gateway.meta.name.value == condition.name && gateway.client_certificate;
        if (!here) continue;
        const api::Reference& to = *gateway.client_certificate;
        const bool there = std::ranges::any_of(
            manifest.secrets, [&](const Secret& s) { return s.meta.path() == to.path(); });
        const bool unknown = is_secret(to) && !there;
        findings.add(
            unknown ? Level::info : Level::error, manifest::code::kListener, to.at,
            fmt::format("Gateway {} cannot show {} {} to backends: {}", quote(gateway.meta.path()),
                        to.kind.value, quote(to.path()), condition.reason),
            unknown ? "it is not in these files; what is passed on does not need it"
                    : "what is passed on does not need it",
            "name a Secret of type kubernetes.io/tls, with a ReferenceGrant where it is "
            "in another namespace");
    }
}

/// That of the Gateway that has the listener, itself or by a ListenerSet; nullptr: there is none.
const api::ClientCheck* check_of(const Manifest& manifest, const Condition& condition,
                                 const api::Listener& listener) {
    std::string owner = condition.ns + "/" + condition.name;
    for (const api::ListenerSet& set : manifest.listener_sets) {
        if (set.kind == condition.kind && set.meta.path() == owner) {
            owner = set.parent.to.path();
            break;
        }
    }
    for (const api::Gateway& gateway : manifest.api_gateways) {
        if (gateway.meta.path() == owner) return gateway.check_at(listener.port.value);
    }
    return nullptr;
}

void report(const Manifest& manifest, const Condition& condition, const api::Listener& listener,
            Findings& findings) {
    const std::string name = quote(listener.name.value);
    if (condition.reason == "InvalidRouteKinds") {
        const Spot at = listener.kinds.empty() ? listener.at : listener.kinds.front().kind.at;
        return findings.add(Level::warning, manifest::code::kListener, at,
                            fmt::format("listener {} allows a kind of route that it cannot have: "
                                        "InvalidRouteKinds",
                                        name),
                            fmt::format("its protocol is {}", listener.protocol.value),
                            listener.protocol.value == "TLS" ? "write kind: TLSRoute" : "");
    }
    if (listener.certificates.empty()) return;  // the reader says so
    const auto foreign = std::ranges::find_if(listener.certificates, [&](const api::Reference& to) {
        return to.ns.value != condition.ns;
    });
    const bool by_clients =
        condition.reason.starts_with("InvalidCACertificate") ||
        (condition.reason == "RefNotPermitted" && foreign == listener.certificates.end());
    const api::ClientCheck* check = check_of(manifest, condition, listener);
    if (by_clients && check)
        return report_authorities(manifest, *check, listener, condition.reason, findings);
    if (condition.reason == "RefNotPermitted") {
        const api::Reference& to =
            foreign == listener.certificates.end() ? listener.certificates.front() : *foreign;
        return findings.error(
            manifest::code::kListener, to.at,
            fmt::format("listener {} may not use Secret {}: RefNotPermitted", name,
                        quote(to.path())),
            "it is in another namespace, and no ReferenceGrant of these files is there for it",
            fmt::format("add a ReferenceGrant in namespace {}, from {}s to Secrets",
                        quote(to.ns.value), condition.kind));
    }
    report_certificate(manifest, condition.ns, listener, findings);
}

}  // namespace

void check_listeners(const Model& model, Findings& findings) {
    for (const Condition& condition : model.listeners().conditions) {
        const bool set = condition.kind.ends_with("ListenerSet");
        if ((condition.kind != "Gateway" && !set) || condition.type != "ResolvedRefs" ||
            condition.status) {
            continue;
        }
        if (!condition.listener) {
            report_client_certificate(model.manifest, condition, findings);
            continue;
        }
        const api::Listener* listener = set ? listener_of(model.manifest.listener_sets, condition)
                                            : listener_of(model.manifest.api_gateways, condition);
        if (listener) report(model.manifest, condition, *listener, findings);
    }
}

}  // namespace sni::analyze
