#include "lab/lookup/destination_rules.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/lookup/by_age.h"
#include "lab/lookup/exported.h"

namespace sni::lookup {

namespace {

/// Istio's own, whose rules hold where no other does.
const std::string kRootNamespace = "istio-system";
/// By which Istio labels the pods of a Gateway of the Gateway API.
constexpr const char* kGatewayName = "gateway.networking.k8s.io/gateway-name";

/// For clients in its own namespace alone.
bool is_private(const DestinationRule& rule) {
    const std::string& own = rule.meta.ns.value;
    return rule.selector ||
           (!rule.export_to.empty() && scopes(rule.export_to, own) == std::set<std::string>{own});
}

/// What `settings` say for a port: its own, which replace the host's.
template <class Setting>
const Setting* setting_for(const std::vector<Setting>& settings, std::int64_t port) {
    const Setting* host = nullptr;
    for (const Setting& each : settings) {
        if (each.port && each.port->value == port) return &each;
        if (!each.port) host = &each;
    }
    return host;
}

/// A subset's cluster begins as its host's is, or as its own policy for all ports says, and one
/// that is ORIGINAL_DST stays so (pilot/pkg/networking/core/cluster_builder.go, buildSubsetCluster,
/// and cluster_traffic_policy.go, applyLoadBalancer).
const LoadBalancer* way_back(const DestinationRule& rule, const Subset* subset, std::int64_t port) {
    constexpr std::int64_t kNoPort = 0;
    std::vector<const LoadBalancer*> all = {setting_for(rule.balancers, port)};
    if (subset) {
        all.push_back(setting_for(subset->balancers, kNoPort));
        all.push_back(setting_for(subset->balancers, port));
    }
    const auto found = std::ranges::find_if(
        all, [](const LoadBalancer* each) { return each && each->simple.value == "PASSTHROUGH"; });
    return found == all.end() ? nullptr : *found;
}

}  // namespace

std::string full_host(std::string_view host, std::string_view ns) {
    if (host.contains('.') || host.starts_with('*')) return std::string(host);
    return fmt::format("{}.{}{}", host, ns, kServiceSuffix);
}

std::string service_namespace(std::string_view host) {
    if (!host.ends_with(kServiceSuffix)) return {};
    host.remove_suffix(kServiceSuffix.size());
    const std::size_t dot = host.find('.');
    return dot == std::string_view::npos ? std::string() : std::string(host.substr(dot + 1));
}

bool OnTheWay::wraps() const {
    if (!tls) return false;
    const std::string& mode = tls->mode.value;
    const bool nobody_opens = injected == Injected::no || injected == Injected::unlabelled;
    return mode == "SIMPLE" || mode == "MUTUAL" || (mode == "ISTIO_MUTUAL" && nobody_opens);
}

DestinationRules::DestinationRules(const Manifest& manifest, const Environment& environment)
    : gateway_namespace_(environment.gateway_namespace),
      pods_(manifest.deployments),
      sidecars_(manifest) {
    for (const DestinationRule* rule : by_age(manifest.destination_rules)) {
        if (rule->meta.flawed) continue;
        by_host_[full_host(rule->host.value, rule->meta.ns.value)].push_back(rule);
    }
    for (GatewayPods& pods : gateway_pods(manifest, environment)) {
        gateways_[pods.ns].push_back(std::move(pods.labels));
    }
    for (const api::Gateway& gateway : manifest.api_gateways) {
        const Meta& meta = gateway.meta;
        gateways_[meta.ns.value].push_back({{kGatewayName, meta.name.value}});
    }
    for (const ServiceEntry* entry : by_age(manifest.service_entries)) {
        for (const Text& host : entry->hosts) {
            entries_.emplace(host.value, entry->meta.ns.value);
        }
    }
}

const DestinationRule* DestinationRules::find(const std::string& host,
                                              const std::string& gateway) const {
    const std::vector<const DestinationRule*> rules = merged(host, gateway);
    const auto first = std::ranges::find_if(rules, &DestinationRule::has_policy);
    if (first != rules.end()) return *first;
    return rules.empty() ? nullptr : rules.front();
}

const Subset* DestinationRules::subset(const std::string& host, std::string_view name,
                                       const std::string& gateway_namespace) const {
    for (const DestinationRule* rule : merged(host, gateway_namespace)) {
        const auto found = std::ranges::find(rule->subsets, name,
                                             [](const Subset& each) { return each.name.value; });
        if (found != rule->subsets.end()) return &*found;
    }
    return nullptr;
}

bool DestinationRules::has_subset(const std::string& host, std::string_view subset) const {
    const auto found = by_host_.find(host);
    return found != by_host_.end() &&
           std::ranges::any_of(found->second, [&](const DestinationRule* rule) {
               return reaches(rule->export_to, rule->meta.ns.value, gateway_namespace_) &&
                      std::ranges::any_of(rule->subsets, [&](const Subset& known) {
                          return known.name.value == subset;
                      });
           });
}

OnTheWay DestinationRules::on_the_way(const Target& target,
                                      const std::string& gateway_namespace) const {
    OnTheWay found{.host = target.kind == Target::Kind::service ? full_host(target.name, target.ns)
                                                                : target.name};
    found.rule = find(found.host, gateway_namespace);
    if (!found.rule) return found;
    found.tls = setting_for(found.rule->tls, target.port);
    const Subset* own = target.written
                            ? subset(found.host, target.written->subset.value, gateway_namespace)
                            : nullptr;
    const ClientTls* own_tls = own ? setting_for(own->tls, target.port) : nullptr;
    if (own_tls) found.tls = own_tls;
    found.back = way_back(*found.rule, own, target.port);
    const std::string ns = service_namespace(found.host);
    found.injected = sidecars_.of(ns, pods_.find(ns, target.selector));
    return found;
}

/// Those of one namespace for one host count as one, which takes the oldest trafficPolicy and
/// everybody's subsets (pilot/pkg/model/destination_rule.go, mergeDestinationRule).
DestinationRules::Rules DestinationRules::merged(const std::string& host,
                                                 const std::string& gateway) const {
    Rules rules = holding(host, gateway);
    const auto picks = [&](const DestinationRule* rule) {
        return rule->selector && rule->meta.ns.value == gateway && is_at(gateway, *rule->selector);
    };
    const auto chosen = std::ranges::find_if(rules, picks);
    if (chosen != rules.end()) return {*chosen};
    std::erase_if(rules, [](const DestinationRule* rule) { return rule->selector.has_value(); });
    return rules;
}

/// Of the gateway's own namespace, then of the Service's, then of Istio's own, whose rules are for
/// the whole mesh and come first at a gateway there only where they are for nobody else.
DestinationRules::Rules DestinationRules::holding(const std::string& host,
                                                  const std::string& gateway) const {
    if (gateway.empty()) return {};  // another's, who knows no DestinationRules
    const bool root = gateway == kRootNamespace;
    Rules own = find_in(host, gateway, [&](const DestinationRule& rule) {
        return root ? is_private(rule) : rule.selector || reaches(rule.export_to, gateway, gateway);
    });
    if (!own.empty()) return own;
    const auto entry = entries_.find(host);
    for (const std::string& ns :
         {entry == entries_.end() ? service_namespace(host) : entry->second, kRootNamespace}) {
        Rules exported =
            find_in(host, ns, [](const DestinationRule& rule) { return !is_private(rule); });
        std::erase_if(exported, [&](const DestinationRule* rule) {
            return !reaches(rule->export_to, ns, gateway);
        });
        if (!exported.empty()) return exported;
    }
    return {};
}

bool DestinationRules::is_at(const std::string& ns, const Labels& selector) const {
    const auto found = gateways_.find(ns);
    return found != gateways_.end() &&
           std::ranges::any_of(found->second,
                               [&](const Labels& labels) { return has_labels(labels, selector); });
}

/// The name itself, then wildcards, the longest first.
DestinationRules::Rules DestinationRules::find_in(
    const std::string& host, const std::string& ns,
    const std::function<bool(const DestinationRule&)>& counts) const {
    const auto in_namespace = [&](const std::string& key) {
        Rules rules;
        const auto found = by_host_.find(key);
        if (found == by_host_.end()) return rules;
        std::ranges::copy_if(found->second, std::back_inserter(rules),
                             [&](const DestinationRule* rule) {
                                 return rule->meta.ns.value == ns && counts(*rule);
                             });
        return rules;
    };
    if (Rules exact = in_namespace(host); !exact.empty()) return exact;
    for (std::size_t dot = host.find('.'); dot != std::string::npos;
         dot = host.find('.', dot + 1)) {
        if (Rules wild = in_namespace("*" + host.substr(dot)); !wild.empty()) return wild;
    }
    return in_namespace("*");
}

}  // namespace sni::lookup
