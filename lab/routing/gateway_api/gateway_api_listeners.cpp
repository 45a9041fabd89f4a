#include <algorithm>

#include <fmt/format.h>

#include "lab/lookup/tls_secret.h"
#include "lab/routing/gateway_api/gateway_api_grants.h"
#include "lab/routing/gateway_api/gateway_api_routing.h"

namespace sni::routing {

std::vector<std::string_view> GatewayApi::kinds_of(const api::Listener& listener) const {
    const std::string& protocol = listener.protocol.value;
    if (protocol == "TLS" && listener.passthrough) return {"TLSRoute"};
    if (protocol == "TLS" && !inputs_.setting.versions.ends_tls_for_tls_routes())
        return {"TCPRoute"};
    if (protocol == "TLS") return {"TLSRoute", "TCPRoute"};
    if (protocol == "TCP") return {"TCPRoute"};
    if (protocol == "HTTP" || protocol == "HTTPS") return {"HTTPRoute", "GRPCRoute"};
    return {};
}

namespace {

bool is_allowed(const api::Listener& listener, std::string_view kind) {
    return listener.kinds.empty() ||
           std::ranges::any_of(listener.kinds, [&](const api::RouteKind& allowed) {
               return allowed.group.value == kGatewayApi && allowed.kind.value == kind;
           });
}

}  // namespace

std::vector<std::string> GatewayApi::supported_kinds(const api::Listener& listener) const {
    std::vector<std::string> kinds;
    for (const std::string_view kind : kinds_of(listener)) {
        if (is_allowed(listener, kind)) kinds.emplace_back(kind);
    }
    return kinds;
}

void GatewayApi::check_references(const api::Gateway& gateway, ListenerPlan& planned) const {
    const api::Listener& listener = *planned.listener;
    const auto known = kinds_of(listener);
    planned.odd_kinds = std::ranges::any_of(listener.kinds, [&](const api::RouteKind& kind) {
        return kind.group.value != kGatewayApi ||
               std::ranges::find(known, kind.kind.value) == known.end();
    });
    const bool ends = listener.protocol.value == "HTTPS" ||
                      (listener.protocol.value == "TLS" && !listener.passthrough);
    if (!ends) return;
    check_certificates(planned);
    // Without a certificate nobody gets as far as that.
    if (planned.uncertified.empty() && !listener.certificates.empty())
        check_clients(gateway, planned);
}

void GatewayApi::check_certificates(ListenerPlan& planned) const {
    const std::vector<api::Reference>& all = planned.listener->certificates;
    constexpr std::size_t kMost = 2;
    // Of none nothing is wrong: options stand there, or the reader says so.
    if (all.empty()) return;
    if (all.size() > kMost) {
        planned.uncertified = "InvalidCertificateRef";
        planned.culprit = Culprit{
            .to = all.front(),
            .why = fmt::format("it names {} Secrets, and Istio takes two at most", all.size())};
        return;
    }
    // One that is of use is enough; else the first problem is told (conversion.go, buildTLS).
    std::optional<Culprit> unknown;
    for (const api::Reference& to : all) {
        Blame blame = certificate_blame(planned, to);
        if (blame.reason.empty()) {
            planned.uncertified.clear();
            planned.culprit.reset();
            return;
        }
        if (blame.culprit.unknown && !unknown) unknown = blame.culprit;
        if (!planned.uncertified.empty()) continue;
        planned.uncertified = std::move(blame.reason);
        planned.culprit = std::move(blame.culprit);
    }
    if (unknown) planned.culprit = std::move(unknown);
}

GatewayApi::Blame GatewayApi::certificate_blame(const ListenerPlan& planned,
                                                const api::Reference& to) const {
    const auto blame = [&](const char* reason, std::string why, bool unknown = false) {
        return Blame{reason, {.to = to, .why = std::move(why), .unknown = unknown}};
    };
    if (to.kind.value != "Secret" || !to.group.value.empty())
        return blame("InvalidCertificateRef", fmt::format("{} {} is no Secret of Kubernetes",
                                                          to.kind.value, quote(to.path())));
    const Secret* secret = secret_at(manifest_, to.path());
    const std::string problem = secret ? tls_secret_problem(*secret) : std::string();
    if (!problem.empty())
        return blame("InvalidCertificateRef",
                     fmt::format("Secret {} {}", quote(to.path()), problem));
    if (!is_granted(inputs_, planned.kind(), planned.ns(), to))
        return blame("RefNotPermitted", kNoGrant);
    if (!secret) return blame("InvalidCertificateRef", {}, true);
    return {};
}

namespace {

bool has_no_hostname(const std::string& protocol) {
    return protocol == "TCP" || protocol == "UDP";
}

bool has_hostname(const std::string& protocol) {
    return protocol == "TLS" || protocol == "HTTPS" || protocol == "HTTP";
}

/// Whether `later` gets nothing of the port that `first` has.
bool are_in_conflict(const api::Listener& first, const api::Listener& later) {
    const std::string& one = first.protocol.value;
    const std::string& other = later.protocol.value;
    if (first.port.value != later.port.value) return false;
    if (has_no_hostname(one)) return has_no_hostname(other) || has_hostname(other);
    if (has_no_hostname(other)) return has_hostname(one);
    if (has_hostname(one) && has_hostname(other))
        return first.hostname.value == later.hostname.value;
    return one == other;
}

std::string_view reason_of_conflict(const api::Listener& first, const api::Listener& later) {
    const bool alike = first.protocol.value == later.protocol.value;
    return alike && !has_no_hostname(first.protocol.value) ? "HostnameConflict"
                                                           : "ProtocolConflict";
}

}  // namespace

void GatewayApi::find_conflicts(ApiPlan& plan) {
    for (std::size_t i = 0; i < plan.listeners.size(); ++i) {
        ListenerPlan& later = plan.listeners[i];
        for (std::size_t j = 0; j < i && later.conflict.empty(); ++j) {
            const ListenerPlan& first = plan.listeners[j];
            if (!first.conflict.empty() || !are_in_conflict(*first.listener, *later.listener)) {
                continue;
            }
            later.conflict = reason_of_conflict(*first.listener, *later.listener);
            later.winner = first.listener;
        }
    }
}

}  // namespace sni::routing
