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
    if (condition.reason == "RefNotPermitted") {
        const auto foreign = std::ranges::find_if(
            listener.certificates,
            [&](const api::Reference& to) { return to.ns.value != condition.ns; });
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
            condition.status || !condition.listener) {
            continue;
        }
        const api::Listener* listener = set ? listener_of(model.manifest.listener_sets, condition)
                                            : listener_of(model.manifest.api_gateways, condition);
        if (listener) report(model.manifest, condition, *listener, findings);
    }
}

}  // namespace sni::analyze
