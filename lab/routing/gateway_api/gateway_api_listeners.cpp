#include "lab/routing/gateway_api/gateway_api_listeners.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sni::routing {

namespace {

/// What the protocol brings (pilot/pkg/config/kube/gatewaycommon/conversion.go,
/// GenerateGatewaySupportedKinds).
std::vector<std::string_view> kinds_of(const api::Listener& listener, const Versions& versions) {
    const std::string& protocol = listener.protocol.value;
    if (protocol == "TLS" && listener.passthrough) return {"TLSRoute"};
    if (protocol == "TLS" && !versions.ends_tls_for_tls_routes()) return {"TCPRoute"};
    if (protocol == "TLS") return {"TLSRoute", "TCPRoute"};
    if (protocol == "TCP") return {"TCPRoute"};
    if (protocol == "HTTP" || protocol == "HTTPS") return {"HTTPRoute", "GRPCRoute"};
    return {};
}

bool is_allowed(const api::Listener& listener, std::string_view kind) {
    return listener.kinds.empty() ||
           std::ranges::any_of(listener.kinds, [&](const api::RouteKind& allowed) {
               return allowed.group.value == kGatewayApi && allowed.kind.value == kind;
           });
}

bool ends_tls(const api::Listener& listener) {
    const std::string& protocol = listener.protocol.value;
    return protocol == "HTTPS" || (protocol == "TLS" && !listener.passthrough);
}

/// By itself, without the others of its port.
JudgedListener judge(const Inputs& inputs, const api::Gateway& gateway, const OwnListener& own) {
    const api::Listener& listener = *own.listener;
    JudgedListener judged{own};
    const auto known = kinds_of(listener, inputs.environment.versions);
    if (known.empty()) judged.unaccepted = "UnsupportedProtocol";
    judged.odd_kinds = std::ranges::any_of(listener.kinds, [&](const api::RouteKind& kind) {
        return kind.group.value != kGatewayApi ||
               std::ranges::find(known, kind.kind.value) == known.end();
    });
    if (!ends_tls(listener)) return judged;
    judged.certificate = certificates_blame(inputs, own);
    // Without a certificate nobody gets as far as showing one.
    if (!judged.certificate.reason.empty() || listener.certificates.empty()) return judged;
    if (const api::ClientCheck* check = gateway.check_at(listener.port.value)) {
        judged.checks_clients = true;
        judged.certificate = authorities_blame(inputs, own, *check);
    }
    return judged;
}

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

void judge_conflicts(std::vector<JudgedListener>& listeners) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        JudgedListener& later = listeners[i];
        for (std::size_t j = 0; j < i && later.conflict.empty(); ++j) {
            const JudgedListener& first = listeners[j];
            if (!first.conflict.empty() || !are_in_conflict(*first.listener, *later.listener)) {
                continue;
            }
            later.conflict = reason_of_conflict(*first.listener, *later.listener);
            later.winner = first.listener;
        }
    }
}

}  // namespace

std::vector<JudgedGateway> judge_listeners(const Inputs& inputs,
                                           const std::vector<OwnGateway>& gateways) {
    std::vector<JudgedGateway> all;
    all.reserve(gateways.size());
    for (const OwnGateway& own : gateways) {
        JudgedGateway& judged = all.emplace_back();
        judged.gateway = own.gateway;
        judged.sets = own.sets;
        judged.listeners.reserve(own.listeners.size());
        for (const OwnListener& listener : own.listeners) {
            judged.listeners.push_back(judge(inputs, *own.gateway, listener));
        }
        judge_conflicts(judged.listeners);
    }
    return all;
}

std::vector<std::string> supported_kinds(const api::Listener& listener, const Versions& versions) {
    std::vector<std::string> kinds;
    for (const std::string_view kind : kinds_of(listener, versions)) {
        if (is_allowed(listener, kind)) kinds.emplace_back(kind);
    }
    return kinds;
}

}  // namespace sni::routing
