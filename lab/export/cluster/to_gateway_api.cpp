#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/export/cluster/convert_parts.h"
#include "lab/export/cluster/gateway_api_documents.h"
#include "lab/route/weights.h"

namespace sni::exporting {

namespace {

using routing::FilterChain;

/// As many hostnames as a TLSRoute may have, of v1 and before Gateway API 1.6
/// (config/crd/…/gateway.networking.k8s.io_tlsroutes.yaml at v1.4.0, v1.5.0 and v1.6.0).
constexpr std::size_t kMostHosts = 1024;
constexpr std::size_t kMostHostsThen = 16;
/// As many destinations as a rule may have.
constexpr std::size_t kMostBackends = 16;

}  // namespace

std::map<std::string, EntryPoint> Converter::edges_by_proxy() {
    std::map<std::string, std::vector<std::string>> gateways;
    for (const routing::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            if (chain.passes_by("TLSRoute")) continue;
            if (chain.ends != FilterChain::Ends::backend) {
                note(fmt::format("{}: what is not TLS passed on by its name gets no TLSRoute",
                                 chain.rule.text()));
                continue;
            }
            std::vector<std::string>& own = gateways[chain.proxy];
            if (std::ranges::find(own, chain.gateway) == own.end()) own.push_back(chain.gateway);
        }
    }
    std::map<std::string, EntryPoint> edges;
    for (const auto& [proxy, own] : gateways) {
        const std::string first = own.front().substr(own.front().find('/') + 1);
        const std::string& ns = environment_.gateway_namespace;
        const EntryPoint edge{.ns = ns, .name = unique("Gateway", ns, first)};
        edges.emplace(proxy, edge);
        if (own.size() == 1) continue;
        note(fmt::format("Gateways {} share their pods, and become one, {}/{}",
                         fmt::join(own, " and "), edge.ns, edge.name));
    }
    return edges;
}

void Converter::choose_version(std::vector<const FilterChain*>& chains) {
    const auto of = [&](std::string_view version) {
        return manifest::availability(environment_.versions, version, "TLSRoute");
    };
    const auto now = of("gateway.networking.k8s.io/v1");
    const auto early = of("gateway.networking.k8s.io/v1alpha2");
    // v1 wants hostnames.
    const bool every_name = std::ranges::any_of(chains, &FilterChain::takes_all);
    if (!now.served) {
        into_.experimental = true;
        note(fmt::format("the TLSRoutes made here are v1alpha2: {}; {}", early.problem, early.why));
        return;
    }
    if (!now.had) note(fmt::format("{}: {}", now.problem, now.why));
    if (every_name && early.had) {
        // One version for all, so that one channel serves them all.
        into_.experimental = true;
        note(
            "a TLSRoute for every name is v1alpha2, which only the experimental channel of the "
            "Gateway API serves; so all TLSRoutes made here are");
    } else if (every_name) {
        std::erase_if(chains, [&](const FilterChain* chain) {
            if (!chain->takes_all()) return false;
            note(
                fmt::format("{} is not carried over: a TLSRoute for every name is v1alpha2, and "
                            "{}",
                            chain->rule.text(), early.problem));
            return true;
        });
    }
}

void Converter::to_gateway_api() {
    const std::map<std::string, EntryPoint> edges = edges_by_proxy();
    std::vector<const FilterChain*> chains;
    for (const routing::Listener& listener : listeners_.all) {
        for (const FilterChain& chain : listener.chains) {
            if (chain.ends == FilterChain::Ends::backend && !chain.passes_by("TLSRoute"))
                chains.push_back(&chain);
        }
    }
    choose_version(chains);
    std::map<std::string, std::set<std::uint16_t>> ports;  // with a route, by proxy
    std::vector<std::string> routes;
    for (const FilterChain* chain : chains) {
        const auto own = tls_routes(edges.at(chain->proxy), *chain, into_.experimental);
        if (!own.empty()) {
            ports[chain->proxy].insert(chain->port);
            written_.insert(chain->rule.at);
        }
        routes.insert(routes.end(), own.begin(), own.end());
    }
    for (const auto& [proxy, open] : ports) {
        into_.edges.push_back(edges.at(proxy));
        into_.edge_of.emplace(proxy, edges.at(proxy));
        into_.documents.push_back(
            gateway_document(edges.at(proxy), environment_.gateway_class.value_or("istio"), open));
    }
    into_.documents.insert(into_.documents.end(), routes.begin(), routes.end());
    add_grants();
}

namespace {

/// The same shares in weights that a BackendRef may have.
void fit_weights(std::vector<Reference>& to) {
    constexpr std::uint32_t kMost = 1'000'000;
    if (std::ranges::none_of(to, [&](const Reference& one) { return one.weight > kMost; })) return;
    std::vector<std::uint64_t> weights;
    for (const Reference& one : to) {
        if (one.weight > 0) weights.push_back(static_cast<std::uint64_t>(one.weight));
    }
    const std::vector<std::uint32_t> small = route::small_weights(weights, kMost);
    auto next = small.begin();
    for (Reference& one : to) {
        if (one.weight > 0) one.weight = *next++;
    }
}

}  // namespace

std::vector<std::string> Converter::tls_routes(const EntryPoint& edge, const FilterChain& chain,
                                               bool experimental) {
    const bool all = chain.takes_all();
    const std::vector<std::string> names = all ? std::vector<std::string>() : hosts(chain);
    if (!all && names.empty()) return {};
    std::vector<Reference> destinations = references(chain);
    fit_weights(destinations);
    if (destinations.size() > kMostBackends) {
        note(
            fmt::format("{} is not carried over: it has {} destinations, and a TLSRoute "
                        "may have {}",
                        chain.rule.text(), destinations.size(), kMostBackends));
        return {};
    }
    std::string backends;
    for (const Reference& to : destinations) {
        const bool foreign = to.ns != chain.rule.ns;
        if (foreign) grants_.insert({chain.rule.ns, {to.ns, to.name}});
        backends += backend_ref(to.name, foreign ? to.ns : "", to.port, to.weight);
    }
    std::vector<std::string> documents;
    if (backends.empty()) return documents;
    const bool few = experimental || environment_.versions.gateway_api < 6;
    const std::size_t most = few ? kMostHostsThen : kMostHosts;
    for (std::size_t at = 0; at == 0 || at < names.size(); at += most) {
        const auto own = std::span(names).subspan(at, std::min(names.size() - at, most));
        documents.push_back(
            tls_route_document({.experimental = experimental,
                                .ns = chain.rule.ns,
                                .name = unique("TLSRoute", chain.rule.ns, chain.rule.name),
                                .edge = edge,
                                .port = chain.port,
                                .hostnames = own,
                                .backends = backends}));
    }
    return documents;
}

void Converter::add_grants() {
    for (const auto& [from, to] : grants_) {
        const std::string name =
            unique("ReferenceGrant", to.first, fmt::format("{}-from-{}", to.second, from));
        into_.documents.push_back(grant_document(name, from, {.ns = to.first, .name = to.second}));
    }
}

}  // namespace sni::exporting
