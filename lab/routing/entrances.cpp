#include "lab/routing/entrances.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lab/core/dns_name.h"

namespace sni::routing {

namespace {

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && number > 0 && number <= 65'535 ? std::optional(number) : std::nullopt;
}

/// That leads to this port of pods; else one of which the files do not tell where it leads.
/// nullptr: there is none.
const ServicePort* port_to(const Services& services, const Service& service, std::int64_t number) {
    const ServicePort* untold = nullptr;
    for (const ServicePort& port : service.ports) {
        const Target target = services.target(service, port);
        if (target.target_port == number) return &port;
        if (!target.target_port && !untold) untold = &port;
    }
    return untold;
}

/// The port of a Service that is meant; nullptr: it has none such.
const ServicePort* port_meant(const Services& services, const Service& service,
                              const EntranceBackend& backend) {
    const std::string& text = backend.port.value;
    const auto number = number_in(text);
    const auto is_meant = [&](const ServicePort& port) {
        if (text.empty() || port.name.value == text) return true;
        return number && !backend.of_target && port.port.value == *number;
    };
    const auto found = std::ranges::find_if(service.ports, is_meant);
    if (found != service.ports.end()) return &*found;
    return number && backend.of_target ? port_to(services, service, *number) : nullptr;
}

class Entrances {
  public:
    explicit Entrances(const Inputs& inputs) : inputs_(inputs) {}

    RoutedPart run() {
        for (const Entrance& entrance : inputs_.manifest.entrances) {
            if (entrance.contest != Contest::nobody) continue;
            for (const Text& host : entrance.plain_hosts) {
                ++claims_[claim_of(entrance, host)];
            }
            for (const EntranceRule& rule : entrance.rules) {
                for (const Text& host : rule.hosts) {
                    ++claims_[claim_of(entrance, host)];
                }
            }
        }
        for (const auto& [entrance, rule] : in_order()) {
            add(*entrance, *rule);
        }
        for (const Entrance& entrance : inputs_.manifest.entrances) {
            for (const EntranceAside& aside : entrance.aside) {
                leave(entrance, aside);
            }
        }
        return std::move(made_);
    }

  private:
    using Item = std::pair<const Entrance*, const EntranceRule*>;

    /// By age; but where priority counts, rules of one gateway by that, at the places that they
    /// have among the others.
    std::vector<Item> in_order() const {
        std::vector<Item> items;
        std::map<std::string_view, std::vector<std::size_t>> places;  // by gateway
        for (const Entrance* entrance : by_age(inputs_.manifest.entrances)) {
            for (const EntranceRule& rule : entrance->rules) {
                if (entrance->contest == Contest::priority)
                    places[entrance->gateway].push_back(items.size());
                items.emplace_back(entrance, &rule);
            }
        }
        for (const auto& [gateway, own] : places) {
            std::vector<Item> rules;
            for (const std::size_t place : own) {
                rules.push_back(items[place]);
            }
            std::ranges::stable_sort(rules, std::greater<>(),
                                     [](const Item& item) { return item.second->priority; });
            for (std::size_t i = 0; i < own.size(); ++i) {
                items[own[i]] = rules[i];
            }
        }
        return items;
    }

    void leave(const Entrance& entrance, const EntranceAside& aside) {
        using enum EntranceAside::Touches;
        Unread unread{.rule = {.kind = entrance.kind,
                               .ns = entrance.meta.ns.value,
                               .name = entrance.meta.name.value,
                               .at = aside.at},
                      .what = aside.what,
                      .names = {},
                      .ports = {},
                      .decides = aside.touches != treatment};
        for (const EntranceRule& rule : entrance.rules) {
            if (aside.touches != port) unread.ports.push_back(rule.port);
            for (const Text& host : rule.hosts) {
                if (aside.touches != names) unread.names.push_back(to_lower_ascii(host.value));
            }
        }
        envoy_of(entrance.gateway).listeners.unread.push_back(unread);
        made_.listeners.unread.push_back(std::move(unread));
    }

    static std::string claim_of(const Entrance& entrance, const Text& host) {
        return entrance.gateway + " " + to_lower_ascii(host.value);
    }

    /// Why the gateway does not take a name for a rule; empty: it may. Contour takes none of
    /// several HTTPProxies that have one fqdn (internal/dag/httpproxy_processor.go,
    /// validHTTPProxies).
    std::string refusal(const Entrance& entrance, const EntranceRule& rule,
                        const Text& host) const {
        if (!rule.refused.empty() || entrance.contest != Contest::nobody) return rule.refused;
        if (claims_.at(claim_of(entrance, host)) == 1) return {};
        return fmt::format(
            "several HTTPProxies have the fqdn {}, and Contour takes none of them then "
            "(DuplicateVhost)",
            quote(host.value));
    }

    void add(const Entrance& entrance, const EntranceRule& rule) {
        if (rule.hosts.empty()) return;
        Envoy& envoy = envoy_of(entrance.gateway);
        FilterChain chain{
            .ends = rule.ends == EntranceRule::Ends::gateway ? FilterChain::Ends::gateway
                    : rule.ends == EntranceRule::Ends::raw   ? FilterChain::Ends::raw
                                                             : FilterChain::Ends::backend,
            .port = rule.port,
            .proxy = envoy.proxy,
            .proxy_ns = {},
            .bind = {},
            .gateway = envoy.gateways.front(),
            .names = {},
            .rule = {.kind = entrance.kind,
                     .ns = entrance.meta.ns.value,
                     .name = entrance.meta.name.value,
                     .at = rule.at},
            .targets = {}};
        for (const Text& host : rule.hosts) {
            std::string why = refusal(entrance, rule, host);
            if (why.empty()) {
                take(envoy, chain, host, entrance.contest);
            } else {
                lose(envoy, {.port = chain.port,
                             .names = {host.value},
                             .taken = host.value,
                             .rule = chain.rule,
                             .winner = {},
                             .why = std::move(why)});
            }
        }
        if (chain.names.empty()) return;
        if (chain.ends != FilterChain::Ends::gateway) {
            for (const EntranceBackend& backend : rule.backends) {
                if (backend.weight > 0) chain.targets.push_back(target_of(backend, rule.port));
            }
        }
        if (chain.ends == FilterChain::Ends::backend) made_.ports.push_back(rule.port);
        made_.chains.push_back(std::move(chain));
    }

    void take(Envoy& envoy, FilterChain& chain, const Text& host, Contest contest) {
        const std::string listener = fmt::format("{} {}", envoy.proxy, chain.port);
        // By priority alone "*" may come before others.
        if (contest == Contest::priority && chain.ends != FilterChain::Ends::raw) {
            const auto all = everything_.find(listener);
            if (all != everything_.end() && all->second != chain.rule) {
                return lose(envoy, {.port = chain.port,
                                    .names = {host.value},
                                    .taken = "*",
                                    .rule = chain.rule,
                                    .winner = all->second});
            }
            if (host.value == "*") everything_.emplace(listener, chain.rule);
        }
        const auto [owner, fresh] =
            owners_.try_emplace(fmt::format("{} {}", listener, to_lower_ascii(host.value)),
                                Owner{chain.rule, chain.ends});
        if (fresh) {
            chain.names.push_back(host);
            return;
        }
        // Paths of one host are often spread over several Ingresses, which all end TLS.
        const auto& [rule, ends] = owner->second;
        if (rule == chain.rule || (ends == chain.ends && ends == FilterChain::Ends::gateway))
            return;
        lose(envoy, {.port = chain.port,
                     .names = {host.value},
                     .taken = host.value,
                     .rule = chain.rule,
                     .winner = rule});
    }

    void lose(Envoy& envoy, Lost lost) {
        envoy.listeners.lost.push_back(lost);
        made_.listeners.lost.push_back(std::move(lost));
    }

    Envoy& envoy_of(const std::string& gateway) {
        const auto [slot, fresh] = index_.try_emplace(gateway, made_.envoys.size());
        if (fresh) {
            made_.envoys.push_back({.proxy = "ingress " + gateway,
                                    .gateways = {"ingress/" + gateway},
                                    .listeners = {}});
        }
        return made_.envoys[slot->second];
    }

    Target target_of(const EntranceBackend& backend, std::uint16_t gateway_port) {
        const std::string& ns = backend.ns.value;
        const Services& services = inputs_.views.of({});
        const std::string path = ns + "/" + backend.service.value;
        Target target{.missing = Target::Missing::host,
                      .ns = ns,
                      .name = backend.service.value,
                      .problem = fmt::format("there is no Service {}", quote(path))};
        const auto number = backend.of_target ? std::nullopt : number_in(backend.port.value);
        if (const Service* service = services.at(path)) {
            if (const ServicePort* port = port_meant(services, *service, backend)) {
                target =
                    services.target(ns, service->meta.name.value, port->port.value, gateway_port);
            } else {
                target.missing = Target::Missing::port;
                target.port = static_cast<std::uint16_t>(number.value_or(0));
                target.problem = fmt::format("Service {} has no port {}", quote(path),
                                             quote(backend.port.value));
            }
        } else {
            target.port = static_cast<std::uint16_t>(number.value_or(0));
        }
        target.weight = backend.weight;
        target.proxy_header = backend.proxy_header;
        return target;
    }

    const Inputs& inputs_;
    RoutedPart made_;
    std::unordered_map<std::string, std::size_t> index_;  // of envoys
    using Owner = std::pair<Rule, FilterChain::Ends>;
    std::unordered_map<std::string, Owner> owners_;  // by proxy, port and name
    std::unordered_map<std::string, Rule>
        everything_;                               // by priority, of those that take all of a port
    std::unordered_map<std::string, int> claims_;  // where none of several counts, by gateway
};

}  // namespace

RoutedPart route_entrances(const Inputs& inputs) {
    return Entrances(inputs).run();
}

}  // namespace sni::routing
