#include "lab/manifest/routing.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/envoy.h"
#include "lab/manifest/gateway_api.h"
#include "lab/manifest/istio_routing.h"

namespace sni::manifest {

namespace {

void report(const Refusal& refusal, const std::vector<FilterChain>& chains, Findings& findings) {
    const FilterChain& chain = chains[refusal.chain];
    const FilterChain& first = chains[refusal.first];
    if (chain.flawed || first.flawed) return;
    if (refusal.kind == Refusal::Kind::partial_wildcard) {
        return findings.error(
            code::kPartialWildcard, refusal.name.at,
            fmt::format("Envoy knows no wildcard like {}", quote(refusal.name.value)),
            "Istio lets it pass, and Envoy then refuses the whole listener",
            "write a whole first label, as in \"*.example.com\"");
    }
    if (first.ends != FilterChain::Ends::backend || chain.ends != FilterChain::Ends::backend) {
        const FilterChain& other = first.ends == FilterChain::Ends::backend ? chain : first;
        const FilterChain& passed = first.ends == FilterChain::Ends::backend ? first : chain;
        const auto own = std::ranges::find_if(passed.names, [&](const Text& text) {
            return to_lower_ascii(text.value) == to_lower_ascii(refusal.name.value);
        });
        return findings.error(
            code::kDuplicateSni, own == passed.names.end() ? passed.rule.at : own->at,
            fmt::format("the name {} is both passed on and ended on port {}",
                        quote(refusal.name.value), chain.port),
            fmt::format(
                "{} ends it; Istio lets both pass, and Envoy then refuses the whole listener",
                other.rule.text()),
            "give each name to one of the two servers");
    }
    findings.error(code::kDuplicateSni, refusal.name.at,
                   fmt::format("the name {} has a rule on port {} already, in other letter case",
                               quote(refusal.name.value), chain.port),
                   "Istio tells the two apart, Envoy does not and refuses the whole listener",
                   "write names in lower case, each in one match only");
}

/// Chains of one port, gateway by gateway. Each gateway has an Envoy of its own; here all of them
/// listen at one address, so that the first one keeps a name that several have.
Listener merge(std::uint16_t port, std::vector<FilterChain> all, Routing& routing,
               Findings& findings) {
    Listener listener;
    listener.port = port;
    std::vector<std::string> proxies;
    for (const FilterChain& chain : all) {
        if (std::ranges::find(proxies, chain.proxy) == proxies.end())
            proxies.push_back(chain.proxy);
    }
    std::map<std::string, Rule> owners;
    for (const std::string& proxy : proxies) {
        std::vector<FilterChain> own;
        for (FilterChain& chain : all) {
            if (chain.proxy == proxy) own.push_back(std::move(chain));
        }
        const std::vector<Refusal> refused = refusals(own);
        for (const Refusal& refusal : refused) {
            report(refusal, own, findings);
        }
        if (!refused.empty()) {
            if (listener.rejected.empty()) listener.rejected = refused.front().text(own);
            continue;
        }
        for (FilterChain& chain : own) {
            if (proxies.size() > 1) {
                std::erase_if(chain.names, [&](const Text& name) {
                    const auto owner = owners.find(to_lower_ascii(name.value));
                    if (owner == owners.end()) return false;
                    routing.listeners.lost.push_back({.port = port,
                                                      .names = {name.value},
                                                      .taken = name.value,
                                                      .rule = chain.rule,
                                                      .winner = owner->second});
                    return true;
                });
                if (chain.names.empty()) continue;
            }
            listener.chains.push_back(std::move(chain));
        }
        for (const FilterChain& chain : listener.chains) {
            if (proxies.size() == 1) break;
            for (const Text& name : chain.names) {
                owners.emplace(to_lower_ascii(name.value), chain.rule);
            }
        }
    }
    if (!listener.chains.empty()) listener.rejected.clear();
    listener.index();
    return listener;
}

}  // namespace

Routing route(const Manifest& manifest, Findings& findings, const Setting& setting, Level unknown) {
    Routing routing;
    routing.listeners.files = &manifest.files;
    const Services services(manifest, setting);
    std::vector<FilterChain> chains;
    Workshop shop{manifest, setting, services, findings, chains, routing, unknown};
    IstioRouting(shop).run();
    route_gateway_api(shop);

    std::map<std::uint16_t, std::vector<FilterChain>> by_port;
    for (FilterChain& chain : chains) {
        by_port[chain.port].push_back(std::move(chain));
    }
    for (auto& [port, own] : by_port) {
        routing.listeners.all.push_back(merge(port, std::move(own), routing, findings));
    }
    std::ranges::stable_sort(routing.chains, {}, [](const Chain& c) {
        return c.match->sni_hosts.empty() ? c.rule->at : c.match->sni_hosts.front().at;
    });
    std::ranges::sort(routing.ports);
    const auto repeats = std::ranges::unique(routing.ports);
    routing.ports.erase(repeats.begin(), repeats.end());
    return routing;
}

}  // namespace sni::manifest
