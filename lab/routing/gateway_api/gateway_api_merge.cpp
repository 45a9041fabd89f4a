#include "lab/routing/gateway_api/gateway_api_merge.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/gateway_api/gateway_api_bound_listener.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

/// Indices of the listeners, in the order in which Istio merges them.
std::vector<std::size_t> accepted_in_order(const JudgedGateway& gateway) {
    std::vector<std::size_t> accepted;
    accepted.reserve(gateway.listeners.size());
    for (std::size_t i = 0; i < gateway.listeners.size(); ++i) {
        const JudgedListener& judged = gateway.listeners[i];
        if (judged.is_parent() && judged.unaccepted.empty()) accepted.push_back(i);
    }
    std::ranges::stable_sort(accepted, {}, [&](std::size_t i) {
        const Meta& owner = *gateway.listeners[i].owner;
        return std::tuple(owner.created.empty(), std::string_view(owner.created),
                          owner.name.value + "~" + gateway.listeners[i].listener->name.value,
                          std::string_view(owner.ns.value));
    });
    return accepted;
}

MergeServer server_of(const OwnListener& own) {
    return {.port = own.port(),
            .protocol = own.listener->protocol.value,
            .written = own.listener->protocol.value,
            .bind = {},
            .hosts = {},  // those of two listeners differ, or they are in conflict
            .tls = own.listener->has_tls};
}

std::string why_without_port(const api::Listener& winner) {
    return fmt::format(
        "listener {} has the port for plain {}; Istio accepts both, and then builds them by age "
        "and name and leaves this one out",
        quote(winner.name.value), winner.protocol.value);
}

void report_without_port(const OwnListener& own, std::string why, Findings& findings) {
    const api::Listener& listener = *own.listener;
    findings.error(code::kPortConflict, listener.at,
                   fmt::format("listener {} gets nothing of port {}", quote(listener.name.value),
                               listener.port.value),
                   std::move(why), "give one of them another port");
}

Lost lost_hostname(const OwnListener& own, std::string why) {
    return {.port = own.port(),
            .names = {hostname_of(*own.listener)},
            .taken = {},
            .rule = rule_of(own),
            .winner = {},
            .why = std::move(why)};
}

}  // namespace

MergedListeners merge_listeners(const JudgedGateway& gateway, Findings& findings) {
    const std::vector<std::size_t> accepted = accepted_in_order(gateway);
    std::vector<MergeServer> servers;
    servers.reserve(accepted.size());
    for (const std::size_t i : accepted) {
        servers.push_back(server_of(gateway.listeners[i]));
    }
    const Merge merge = merge_servers(servers);
    MergedListeners merged;
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        const Merged& fate = merge.fates[i];
        if (fate.kept()) continue;
        const OwnListener& own = gateway.listeners[accepted[i]];
        const std::string why = why_without_port(*gateway.listeners[accepted[fate.other]].listener);
        report_without_port(own, why, findings);
        merged.lost.push_back(lost_hostname(own, why));
    }
    std::set<std::uint16_t> plain_ports;
    merged.listeners.reserve(merge.order.size());
    for (const std::size_t i : merge.order) {
        const bool shares =
            servers[i].protocol == "HTTP" && !plain_ports.insert(servers[i].port).second;
        merged.listeners.push_back({.listener = accepted[i], .shares_chain = shares});
    }
    return merged;
}

}  // namespace sni::routing
