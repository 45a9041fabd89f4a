// What a controller would write into the status of Gateway API listeners, as findings: references
// to certificates that it may not or cannot follow, and kinds of routes that it does not know.
#include <algorithm>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
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

/// The certificate that a Gateway shows to backends.
void report_client_certificate(const Condition& condition, const Culprit& culprit,
                               Findings& findings) {
    const api::Reference& to = culprit.to;
    findings.add(culprit.unknown ? Level::info : Level::error, manifest::code::kListener, to.at,
                 fmt::format("Gateway {} cannot show {} {} to backends: {}",
                             quote(condition.ns + "/" + condition.name), to.kind.value,
                             quote(to.path()), condition.reason),
                 culprit.unknown ? "it is not in these files; what is passed on does not need it"
                                 : "what is passed on does not need it",
                 "name a Secret of type kubernetes.io/tls, with a ReferenceGrant where it is "
                 "in another namespace");
}

/// What keeps a listener from ending TLS.
void report_culprit(const Condition& condition, const Culprit& culprit, Findings& findings) {
    const api::Reference& to = culprit.to;
    const std::string& kind = to.kind.value;
    const std::string name = quote(condition.listener.value_or(""));
    const std::string path = quote(to.path());
    const bool clients = culprit.of == Culprit::Of::clients;
    if (culprit.unknown) {
        return findings.add(
            Level::info, manifest::code::kListener, to.at,
            clients ? fmt::format("{} {}, whose certificates clients of listener {} must "
                                  "show, is not in these files",
                                  kind, path, name)
                    : fmt::format("the Secret {} of listener {} is not in these files", path, name),
            "without it the listener is not programmed");
    }
    const bool refused = condition.reason == "RefNotPermitted";
    std::string message =
        clients   ? fmt::format("listener {} cannot check clients by {} {}: {}", name, kind, path,
                                condition.reason)
        : refused ? fmt::format("listener {} may not use Secret {}: RefNotPermitted", name, path)
                  : fmt::format("listener {} has no certificate: InvalidCertificateRef", name);
    std::string hint = refused
                           ? fmt::format("add a ReferenceGrant in namespace {}, from {}s to {}s",
                                         quote(to.ns.value), condition.kind, kind)
                       : clients ? std::string()
                                 : "name a Secret of type kubernetes.io/tls";
    findings.error(manifest::code::kListener, to.at, std::move(message), culprit.why,
                   std::move(hint));
}

void report_odd_kinds(const api::Listener& listener, Findings& findings) {
    const Spot at = listener.kinds.empty() ? listener.at : listener.kinds.front().kind.at;
    findings.add(Level::warning, manifest::code::kListener, at,
                 fmt::format("listener {} allows a kind of route that it cannot have: "
                             "InvalidRouteKinds",
                             quote(listener.name.value)),
                 fmt::format("its protocol is {}", listener.protocol.value),
                 listener.protocol.value == "TLS" ? "write kind: TLSRoute" : "");
}

}  // namespace

void check_listeners(const Model& model, Findings& findings) {
    for (const Condition& condition : model.listeners().conditions) {
        const bool set = condition.kind.ends_with("ListenerSet");
        if ((condition.kind != "Gateway" && !set) || condition.type != "ResolvedRefs" ||
            condition.status) {
            continue;
        }
        if (condition.culprit) {
            const bool own = condition.culprit->of == Culprit::Of::backends;
            (own ? report_client_certificate : report_culprit)(condition, *condition.culprit,
                                                               findings);
        } else if (condition.reason == "InvalidRouteKinds") {
            const api::Listener* listener =
                set ? listener_of(model.manifest.listener_sets, condition)
                    : listener_of(model.manifest.api_gateways, condition);
            if (listener) report_odd_kinds(*listener, findings);
        }
    }
}

}  // namespace sni::analyze
