#include "lab/scenario/scenario.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/services.h"
#include "lab/lookup/tls_secret.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/route/weights.h"
#include "lab/routing/routing.h"
#include "lab/scenario/endpoints.h"

namespace sni::scenario {

namespace {

using Destinations = std::vector<RouteSpec::Destination>;

/// Pods that share one destination's weight.
struct Share {
    std::vector<std::size_t> backends;
    std::uint64_t weight = 1;
    bool wrapped = false;
};

/// Each destination's weight divided among its pods; what leads the same way adds up.
Destinations divide(const std::vector<Share>& shares) {
    std::vector<route::Share> parts;
    parts.reserve(shares.size());
    for (const Share& share : shares) {
        parts.push_back({share.backends.size(), share.weight});
    }
    const std::vector<std::uint64_t> each = route::weights_of_parts(parts);
    Destinations destinations;
    std::vector<std::uint64_t> weights;
    using Way = std::pair<std::size_t, bool>;  // to which backend, and wrapped or not
    std::map<Way, std::size_t> places;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        for (const std::size_t backend : shares[i].backends) {
            const auto [place, fresh] =
                places.try_emplace(Way(backend, shares[i].wrapped), weights.size());
            if (fresh) {
                destinations.push_back({.backend = backend, .wrapped = shares[i].wrapped});
                weights.push_back(0);
            }
            weights[place->second] += each[i];
        }
    }
    const std::vector<std::uint32_t> small = route::small_weights(weights);
    for (std::size_t i = 0; i < small.size(); ++i) {
        destinations[i].weight = small[i];
    }
    return destinations;
}

class Resolver {
  public:
    Resolver(const Manifest& manifest, Findings& findings, const Environment& environment)
        : manifest_(manifest),
          findings_(findings),
          environment_(environment),
          rules_(manifest, environment),
          services_(manifest, environment),
          endpoints_(manifest, services_, findings) {}

    Scenario run(std::string name) {
        scenario_.name = std::move(name);
        const Routing routing = routing::route(manifest_, findings_, environment_);
        scenario_.gateway_ports = routing.ports;
        refuse_shared_names(routing);
        std::vector<const FilterChain*> chains;
        std::vector<const FilterChain*> terminating;
        for (const Listener& listener : routing.listeners.all) {
            for (const FilterChain& chain : listener.chains) {
                if (chain.ends == FilterChain::Ends::backend) chains.push_back(&chain);
                if (chain.credential) terminating.push_back(&chain);
            }
        }
        // In the order of the files, which is how people look for their routes.
        std::ranges::stable_sort(chains, {}, [](const FilterChain* chain) {
            return chain->names.empty() ? chain->rule.at : chain->names.front().at;
        });
        for (const FilterChain* chain : chains) {
            add_routes(*chain);
        }
        for (const FilterChain* chain : terminating) {
            add_terminator(*chain);
        }
        name_secrets(chains);
        return std::move(scenario_);
    }

  private:
    /// The lab has one address for a port, whichever gateway's pods it belongs to.
    void refuse_shared_names(const Routing& routing) {
        std::map<std::pair<std::uint16_t, std::string>, const FilterChain*> owners;
        for (const Envoy& envoy : routing.envoys) {
            for (const Listener& listener : envoy.listeners.all) {
                for (const FilterChain& chain : listener.chains) {
                    refuse_shared_names(chain, owners);
                }
            }
        }
    }

    void refuse_shared_names(
        const FilterChain& chain,
        std::map<std::pair<std::uint16_t, std::string>, const FilterChain*>& owners) {
        for (const Text& name : chain.names) {
            const auto [owner, fresh] =
                owners.try_emplace({chain.port, to_lower_ascii(name.value)}, &chain);
            const FilterChain& first = *owner->second;
            if (fresh || first.proxy == chain.proxy || first.rule == chain.rule) continue;
            findings_.error(
                code::kUnsupported, name.at,
                fmt::format(
                    "Gateways {} and {} have pods of their own, and both take {} at port {}",
                    quote(first.gateway), quote(chain.gateway), quote(name.value), chain.port),
                "the lab plays all gateways at one address",
                fmt::format("choose one: --gateway {} (with verify and scenario run: "
                            "--only-gateway)",
                            printable(chain.gateway)));
        }
    }

    void add_routes(const FilterChain& chain) {
        const Destinations& destinations = destinations_of(chain);
        if (destinations.empty()) return;
        const auto& names = chain.names;
        // One "*" makes Envoy match everything, and the other names are not looked at.
        const auto any = std::ranges::find(names, "*", &Text::value);
        std::set<std::string> taken;
        for (const Text& sni : names) {
            if (any != names.end() && &sni != &*any) continue;
            auto pattern = route::HostPattern::parse(sni.value);
            if (!pattern && sni.value.ends_with('.')) {
                refuse_trailing_dot(sni);
                continue;
            }
            if (!pattern) {
                if (!is_ip_address(sni.value) && !is_partial_wildcard(sni.value) && !chain.flawed) {
                    findings_.error(code::kSchema, sni.at, pattern.error());
                }
                continue;
            }
            if (!taken.insert(pattern->text()).second) continue;
            scenario_.routes.push_back({.pattern = std::move(*pattern),
                                        .destinations = destinations,
                                        .gateway_port = chain.port,
                                        .place = place_of(manifest_.files, sni.at)});
        }
    }

    /// Istio takes it, and no connection comes with it.
    void refuse_trailing_dot(const Text& sni) {
        const std::string name = sni.value.substr(0, sni.value.size() - 1);
        findings_.error(
            sni::code::kNotRunnable, sni.at,
            fmt::format("no client sends {}, so the lab has no route for it", quote(sni.value)),
            "RFC 6066 allows no dot at the end of an SNI", "write " + name);
    }

    void add_terminator(const FilterChain& chain) {
        if (!chain.credential || !chain.inside) return;
        const std::vector<const Pods*> all = endpoints_.find(*chain.inside);
        if (all.empty()) return;
        if (all.size() > 1 || all.front()->replicas > 1) {
            findings_.error(code::kUnsupported, chain.rule.at,
                            "behind a server that ends TLS the lab runs one pod", {},
                            "give the Service one Deployment with one replica");
        }
        TerminatorSpec spec{.secret = gateway_secret(*chain.credential),
                            .backend = backends_of(*all.front()).front(),
                            .encrypts = wraps(chain, *chain.inside),
                            .gateway_port = chain.port,
                            .place = place_of(manifest_.files, chain.rule.at)};
        for (const Text& name : chain.names) {
            auto pattern = route::HostPattern::parse(name.value);
            if (!pattern) continue;  // the reader looked at hosts
            if (pattern->kind() != route::HostPattern::Kind::any)
                spec.secret.names.push_back(pattern->text());
            spec.patterns.push_back(std::move(*pattern));
        }
        scenario_.terminators.push_back(std::move(spec));
    }

    SecretSpec gateway_secret(const Reference& wanted) const {
        SecretSpec spec{.ns = wanted.ns, .name = wanted.name};
        const Secret* secret = lookup::secret_at(manifest_, wanted.ns + "/" + wanted.name);
        if (!secret) return spec;
        const auto cert = secret->data.find("tls.crt");
        const auto key = secret->data.find("tls.key");
        if (cert == secret->data.end() || key == secret->data.end()) return spec;
        spec.cert_pem = cert->second;
        spec.key_pem = key->second;
        return spec;
    }

    /// A DestinationRule makes the gateway speak TLS on its own way to the pod.
    bool wraps(const FilterChain& chain, const Target& target) const {
        return rules_.on_the_way(target, chain.proxy_ns).wraps();
    }

    /// Where a rule leads; the same for all its matches on one port.
    const Destinations& destinations_of(const FilterChain& chain) {
        const auto [slot, fresh] = by_rule_.try_emplace({chain.rule, chain.port});
        if (!fresh) return slot->second;
        std::vector<Share> shares;
        for (const Target& target : chain.targets) {
            Share share{.backends = {},
                        .weight = static_cast<std::uint64_t>(target.weight),
                        .wrapped = wraps(chain, target)};
            for (const Pods* pods : pods_of(chain, target)) {
                const std::vector<std::size_t>& indices = backends_of(*pods);
                share.backends.insert(share.backends.end(), indices.begin(), indices.end());
            }
            if (!share.backends.empty()) shares.push_back(std::move(share));
        }
        slot->second = divide(shares);
        return slot->second;
    }

    std::vector<const Pods*> pods_of(const FilterChain& chain, const Target& target) {
        if (target.kind == Target::Kind::service_entry) {
            findings_.error(
                code::kUnsupported, target.written ? target.written->host.at : chain.rule.at,
                fmt::format("the host {} is a ServiceEntry's, which leads out of the lab",
                            quote(target.name)));
            return {};
        }
        const lookup::OnTheWay way = rules_.on_the_way(target, chain.proxy_ns);
        if (way.back) {
            findings_.error(code::kNoEndpoints, way.back->simple.at, target.problem, {},
                            "write another load balancer, such as LEAST_REQUEST");
            return {};
        }
        return endpoints_.find(target);
    }

    const std::vector<std::size_t>& backends_of(const Pods& pods) {
        const auto [slot, fresh] = by_pods_.try_emplace(&pods);
        if (!fresh) return slot->second;
        const Meta& meta = pods.deployment->meta;
        for (std::size_t i = 1; i <= pods.replicas; ++i) {
            slot->second.push_back(scenario_.backends.size());
            scenario_.backends.push_back(
                {.name = i == 1 ? meta.path() : fmt::format("{}/{}", meta.path(), i),
                 .target_port = pods.target_port,
                 .secret = pods.secret,
                 .place = place_of(manifest_.files, meta.name.at)});
        }
        return slot->second;
    }

    /// Every Secret learns by which names its pods are reached: a certificate that is made for it
    /// must cover them.
    void name_secrets(const std::vector<const FilterChain*>& chains) {
        std::map<std::string, std::vector<std::string>> names;
        std::set<std::pair<std::string, std::string>> known;
        const auto add = [&](const Destinations& destinations, const std::string& name) {
            for (const auto& destination : destinations) {
                const auto& secret = scenario_.backends[destination.backend].secret;
                if (!secret) continue;
                const std::string path = secret->ns + "/" + secret->name;
                if (known.emplace(path, name).second) names[path].push_back(name);
            }
        };
        for (const RouteSpec& spec : scenario_.routes) {
            const bool any = spec.pattern.kind() == route::HostPattern::Kind::any;
            if (!any) add(spec.destinations, spec.pattern.text());
        }
        for (const TerminatorSpec& spec : scenario_.terminators) {
            for (const std::string& name : spec.secret.names) {
                add({{.backend = spec.backend}}, name);
            }
        }
        // A rule for "*" says no name; the VirtualService's and the Gateway's hosts may.
        for (const FilterChain* chain : chains) {
            if (!chain->takes_all()) continue;
            for (const std::string& name : hosts_behind(*chain)) {
                add(destinations_of(*chain), name);
            }
        }
        for (BackendSpec& backend : scenario_.backends) {
            if (backend.secret) {
                backend.secret->names = names[backend.secret->ns + "/" + backend.secret->name];
            }
        }
    }

    std::vector<std::string> hosts_behind(const FilterChain& chain) const {
        std::vector<std::string> names;
        const auto add = [&](std::string_view host) {
            const auto pattern = route::HostPattern::parse(host);
            if (pattern && pattern->kind() != route::HostPattern::Kind::any) {
                names.push_back(pattern->text());
            }
        };
        const bool istio = chain.passes_by("VirtualService");
        for (const VirtualService& service : manifest_.virtual_services) {
            if (!istio || service.meta.path() != chain.rule.path()) continue;
            for (const Text& host : service.hosts) {
                add(host.value);
            }
        }
        for (const Gateway& gateway : manifest_.gateways) {
            if (!istio || gateway.meta.path() != chain.gateway) continue;
            for (const Server& server : gateway.servers) {
                if (server.port.value != chain.port) continue;
                for (const Text& host : server.hosts) {
                    add(server_host(host.value, gateway.meta.ns.value).host);
                }
            }
        }
        if (!names.empty()) return names;
        for (const Target& target : chain.targets) {
            add(target.written ? target.written->host.value
                               : fmt::format("{}.{}{}", target.name, target.ns, kServiceSuffix));
        }
        return names;
    }

    const Manifest& manifest_;
    Findings& findings_;
    const Environment& environment_;
    DestinationRules rules_;
    Services services_;
    Endpoints endpoints_;
    Scenario scenario_;
    std::map<std::pair<Rule, std::uint16_t>, Destinations> by_rule_;  // and port
    std::map<const Pods*, std::vector<std::size_t>> by_pods_;
};

}  // namespace

bool has_gateway_tls(const Scenario& scenario, std::uint16_t port) {
    const auto wraps = [port](const RouteSpec& route) {
        return route.gateway_port == port &&
               std::ranges::any_of(route.destinations, &RouteSpec::Destination::wrapped);
    };
    const auto ends = [port](const TerminatorSpec& spec) { return spec.gateway_port == port; };
    return std::ranges::any_of(scenario.terminators, ends) ||
           std::ranges::any_of(scenario.routes, wraps);
}

Resolved resolve(const Manifest& manifest, std::string name, const Environment& asked) {
    const Environment environment = settled(manifest, asked);
    Resolved resolved;
    // Names may be missing that a document defines which could not be read: that is reported, and
    // what follows from it would only be noise.
    if (!manifest.whole) {
        resolved.scenario.name = std::move(name);
        return resolved;
    }
    Findings findings(manifest.files);
    if (manifest.gateways.empty() && manifest.api_gateways.empty()) {
        resolved.scenario.name = std::move(name);
        findings.error(code::kNoGateway, {}, "there is no Gateway, so nothing can be reached", {},
                       "add a Gateway of networking.istio.io with tls: {mode: PASSTHROUGH}");
    } else {
        resolved.scenario = Resolver(manifest, findings, environment).run(std::move(name));
    }
    resolved.diagnostics = findings.take();
    return resolved;
}

}  // namespace sni::scenario
