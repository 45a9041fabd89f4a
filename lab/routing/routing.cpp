#include "lab/routing/routing.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/manifest/codes.h"
#include "lab/routing/entrances.h"
#include "lab/routing/gateway_api/gateway_api.h"
#include "lab/routing/istio/istio.h"
#include "lab/routing/listeners/envoy.h"

namespace sni::routing {

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
    if (std::ranges::count(chain.names, refusal.name.value, &Text::value) > 1) {
        return findings.error(
            code::kDuplicateSni, refusal.name.at,
            fmt::format("the name {} stands twice in one match", quote(refusal.name.value)),
            "Istio hands both on, and Envoy then refuses the whole listener", "name it once");
    }
    findings.error(code::kDuplicateSni, refusal.name.at,
                   fmt::format("the name {} has a rule on port {} already, in other letter case",
                               quote(refusal.name.value), chain.port),
                   "Istio tells the two apart, Envoy does not and refuses the whole listener",
                   "write names in lower case, each in one match only");
}

/// What one Envoy has on one port. A server with an address of its own has a listener of its own
/// there, which the pod's other addresses do not reach; asked for is what they do.
Listener listener_of(std::uint16_t port, std::vector<FilterChain> chains, std::vector<Lost>& lost,
                     Findings& findings) {
    const bool everywhere =
        std::ranges::any_of(chains, [](const auto& c) { return c.bind.empty(); });
    const auto outside = std::ranges::find_if(
        chains, [](const auto& c) { return !c.bind.starts_with("127.") && c.bind != "::1"; });
    const std::string bind = everywhere                ? std::string()
                             : outside == chains.end() ? chains.front().bind
                                                       : outside->bind;
    Listener listener;
    listener.port = port;
    for (FilterChain& chain : chains) {
        if (chain.bind == bind) {
            listener.chains.push_back(std::move(chain));
            continue;
        }
        Lost aside{.port = port,
                   .names = {},
                   .taken = {},
                   .rule = chain.rule,
                   .winner = {},
                   .why = fmt::format("its server listens at {} alone, by its bind", chain.bind)};
        for (const Text& name : chain.names) {
            aside.names.push_back(name.value);
        }
        lost.push_back(std::move(aside));
    }
    const std::vector<Refusal> refused = refusals(listener.chains);
    for (const Refusal& refusal : refused) {
        report(refusal, listener.chains, findings);
    }
    if (!refused.empty()) listener.rejected = refused.front().text(listener.chains);
    return listener;
}

/// The listeners of one port, Envoy by Envoy, as one: the lab has one address for all of them, and
/// the first one keeps a name that several have.
class Merger {
  public:
    explicit Merger(std::uint16_t port, std::vector<Lost>& lost) : lost_(lost) {
        merged_.port = port;
    }

    void add(Listener own) {
        if (!own.rejected.empty()) {
            if (merged_.rejected.empty()) merged_.rejected = own.rejected;
            return;
        }
        const std::size_t before = merged_.chains.size();
        for (FilterChain& chain : own.chains) {
            std::erase_if(chain.names, [&](const Text& name) { return is_taken(chain, name); });
            if (!chain.names.empty()) merged_.chains.push_back(std::move(chain));
        }
        for (std::size_t i = before; i < merged_.chains.size(); ++i) {
            for (const Text& name : merged_.chains[i].names) {
                owners_.emplace(to_lower_ascii(name.value), merged_.chains[i].rule);
            }
        }
    }

    Listener take() {
        if (!merged_.chains.empty()) merged_.rejected.clear();
        merged_.index();
        return std::move(merged_);
    }

  private:
    bool is_taken(const FilterChain& chain, const Text& name) {
        const auto owner = owners_.find(to_lower_ascii(name.value));
        if (owner == owners_.end()) return false;
        // The same rule at two Envoys loses nothing.
        if (owner->second == chain.rule) return true;
        lost_.push_back({.port = merged_.port,
                         .names = {name.value},
                         .taken = name.value,
                         .rule = chain.rule,
                         .winner = owner->second});
        return true;
    }

    std::vector<Lost>& lost_;
    Listener merged_;
    std::unordered_map<std::string, Rule> owners_;
};

/// Files every chain under its Envoy, and all of them under their port.
class Assembly {
  public:
    Assembly(Routing& routing, std::vector<Envoy> envoys, Findings& findings)
        : routing_(routing), findings_(findings), envoys_(std::move(envoys)) {
        for (std::size_t i = 0; i < envoys_.size(); ++i) {
            index_.emplace(envoys_[i].proxy, i);
            envoys_[i].listeners.files = routing_.listeners.files;
        }
    }

    void run(std::vector<FilterChain> chains) {
        std::map<std::uint16_t, std::vector<FilterChain>> by_port;
        for (FilterChain& chain : chains) {
            by_port[chain.port].push_back(std::move(chain));
        }
        for (auto& [port, own] : by_port) {
            add_port(port, std::move(own));
        }
        if (envoys_.size() > 1) routing_.envoys = std::move(envoys_);
    }

  private:
    void add_port(std::uint16_t port, std::vector<FilterChain> chains) {
        std::vector<std::vector<FilterChain>> by_envoy;
        std::unordered_map<std::string, std::size_t> slots;
        for (FilterChain& chain : chains) {
            const auto [slot, fresh] = slots.try_emplace(chain.proxy, by_envoy.size());
            if (fresh) by_envoy.emplace_back();
            by_envoy[slot->second].push_back(std::move(chain));
        }
        Merger merger(port, routing_.listeners.lost);
        for (std::vector<FilterChain>& own : by_envoy) {
            Envoy& envoy = envoys_[index_.at(own.front().proxy)];
            std::vector<Lost> aside;
            Listener listener = listener_of(port, std::move(own), aside, findings_);
            for (Lost& lost : aside) {
                envoy.listeners.lost.push_back(lost);
                routing_.listeners.lost.push_back(std::move(lost));
            }
            if (envoys_.size() == 1) {
                merger.add(std::move(listener));
                continue;
            }
            envoy.listeners.all.push_back(listener);
            if (!listener.rejected.empty()) envoy.listeners.all.back().chains.clear();
            envoy.listeners.all.back().index();
            merger.add(std::move(listener));
        }
        routing_.listeners.all.push_back(merger.take());
    }

    Routing& routing_;
    Findings& findings_;
    std::vector<Envoy> envoys_;
    std::unordered_map<std::string, std::size_t> index_;
};

/// A DestinationRule changes no filter chain, and yet nobody is served behind one that wraps, or
/// that goes where the client went.
void follow_rules(std::vector<FilterChain>& chains, const DestinationRules& rules) {
    for (FilterChain& chain : chains) {
        if (chain.ends != FilterChain::Ends::backend && chain.ends != FilterChain::Ends::raw)
            continue;
        for (Target& target : chain.targets) {
            const lookup::OnTheWay way = rules.on_the_way(target, chain.proxy_ns);
            if (way.back && target.problem.empty()) {
                target.problem = fmt::format(
                    "DestinationRule {} has loadBalancer PASSTHROUGH: it goes where "
                    "the client went, and that is the gateway itself",
                    quote(way.rule->meta.path()));
            }
            if (!way.wraps()) continue;
            target.wrapped =
                fmt::format("DestinationRule {} puts TLS of the gateway's own ({}) around it",
                            quote(way.rule->meta.path()), way.tls->mode.value);
        }
    }
}

}  // namespace

std::vector<Answer> ask_each(const Routing& routing, const Question& question) {
    std::vector<Answer> answers;
    for (const Envoy& envoy : routing.envoys) {
        const Listeners& own = envoy.listeners;
        const bool unread = std::ranges::any_of(own.unread, [&](const Unread& each) {
            return each.decides && each.concerns(question);
        });
        if (!own.find(question.port) && !own.closed.contains(question.port) && !unread) continue;
        answers.push_back(ask(own, question));
        answers.back().gateways = envoy.gateways;
    }
    if (answers.empty()) answers.push_back(ask(routing.listeners, question));
    std::ranges::stable_sort(
        answers, {}, [](const Answer& answer) { return answer.outcome != Outcome::routed; });
    return answers;
}

Routing route(const Manifest& manifest, Findings& findings, const Environment& asked,
              Level unknown) {
    const Environment environment = settled(manifest, asked);
    ServicesByViewer views(manifest, environment);
    const DestinationRules rules(manifest, environment);
    const Inputs inputs{.manifest = manifest,
                        .environment = environment,
                        .views = views,
                        .rules = rules,
                        .unknown = unknown};
    RoutedPart all = route_istio(inputs, findings);
    all.add(route_gateway_api(inputs, findings));
    if (environment.entrances && !environment.gateway) all.add(route_entrances(inputs));

    if (!manifest.destination_rules.empty()) follow_rules(all.chains, rules);

    Routing routing{
        .ports = std::move(all.ports), .listeners = std::move(all.listeners), .envoys = {}};
    routing.listeners.files = &manifest.files;
    Assembly(routing, std::move(all.envoys), findings).run(std::move(all.chains));
    std::ranges::sort(routing.ports);
    const auto repeats = std::ranges::unique(routing.ports);
    routing.ports.erase(repeats.begin(), repeats.end());
    return routing;
}

}  // namespace sni::routing
