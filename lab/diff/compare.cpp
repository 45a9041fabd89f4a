#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/diff/aside.h"
#include "lab/diff/diff.h"
#include "lab/lookup/pods.h"
#include "lab/lookup/services.h"

namespace sni::diff {

using lookup::Target;
using routing::FilterChain;
using routing::Listeners;

namespace {

/// What one Envoy listens with, and for which Gateways.
struct View {
    std::string proxy;
    std::set<std::string> gateways;
    const Listeners* listeners = nullptr;
};

/// All Gateways of the files: where pods are not told apart, they are at one address.
std::set<std::string> all_gateways(const manifest::Manifest& manifest) {
    std::set<std::string> all;
    for (const manifest::Gateway& gateway : manifest.gateways) {
        all.insert(gateway.meta.path());
    }
    for (const auto& gateway : manifest.api_gateways) {
        all.insert(gateway.meta.path());
    }
    return all;
}

std::vector<View> views_of(const Side& side) {
    const routing::Routing& routing = side.routing;
    std::vector<View> views;
    views.reserve(routing.envoys.size());
    for (const routing::Envoy& envoy : routing.envoys) {
        views.push_back({.proxy = envoy.proxy,
                         .gateways = {envoy.gateways.begin(), envoy.gateways.end()},
                         .listeners = &envoy.listeners});
    }
    if (views.empty()) {
        views.push_back({.proxy = {},
                         .gateways = all_gateways(side.manifest),
                         .listeners = &routing.listeners});
    }
    return views;
}

/// How one side answers.
class Asker {
  public:
    explicit Asker(const Side& side) : side_(side), pods_(side.manifest.deployments) {
        for (const manifest::Service& service : side.manifest.services) {
            namespaces_.insert(service.meta.ns.value);
        }
    }

    /// What these views make of it, without repeats; never empty. Of several what is served counts.
    std::vector<End> ask(const std::vector<View>& views, std::uint16_t port,
                         const std::string& name) {
        std::vector<End> ends;
        for (const View& view : views) {
            End end = ask(*view.listeners, port, name);
            const bool known =
                std::ranges::any_of(ends, [&](const End& other) { return are_same(end, other); });
            if (!known) ends.push_back(std::move(end));
        }
        if (ends.size() > 1) {
            const auto nowhere = [](const End& end) { return end.kind == End::Kind::nowhere; };
            if (!std::ranges::all_of(ends, nowhere)) std::erase_if(ends, nowhere);
        }
        std::ranges::stable_sort(ends, {},
                                 [](const End& end) { return std::tie(end.kind, end.backends); });
        return ends;
    }

  private:
    /// A wildcard is asked as it is written: no chain has a narrower name for a label "*".
    End ask(const Listeners& listeners, std::uint16_t port, const std::string& name) {
        const auto sni = name == "*" ? std::nullopt : std::optional(name);
        const routing::Decision decision = routing::decide(listeners, {.sni = sni, .port = port});
        if (!decision.chain) return nowhere(listeners, port, decision.outcome);
        End end = end_of(*decision.chain);
        if (decision.name != name) end.by = decision.name;
        return end;
    }

    static End nowhere(const Listeners& listeners, std::uint16_t port, routing::Outcome outcome) {
        switch (outcome) {
            case routing::Outcome::listener_rejected:
                return {.why = "Envoy refuses the listener: " + listeners.find(port)->rejected};
            case routing::Outcome::closed_port: {
                const auto closed = listeners.closed.find(port);
                return {.why = closed == listeners.closed.end()
                                   ? fmt::format("nothing listens on port {}", port)
                                   : closed->second};
            }
            default:
                return {.why = "no rule takes it"};
        }
    }

    const End& end_of(const FilterChain& chain) {
        const auto [slot, fresh] = ends_.try_emplace(&chain);
        End& end = slot->second;
        if (!fresh) return end;
        end.rule = chain.rule;
        end.place = manifest::place_of(side_.manifest.files, chain.rule.at);
        switch (chain.ends) {
            case FilterChain::Ends::gateway:
                end.kind = End::Kind::terminated;
                break;
            case FilterChain::Ends::plain:
                break;
            case FilterChain::Ends::raw:
            case FilterChain::Ends::backend:
                end.backends = backends_of(chain, end.why);
                if (!end.backends.empty()) end.kind = End::Kind::passed;
                break;
        }
        return end;
    }

    /// `why`: of the first one that is closed.
    std::vector<Backend> backends_of(const FilterChain& chain, std::string& why) const {
        std::map<Backend, std::int64_t> shares;
        std::int64_t divisor = 0;
        for (const Target& target : chain.targets) {
            if (target.weight <= 0) continue;
            const Backend one = backend_of(target);
            shares[one] += target.weight;
            if (one.closed && why.empty())
                why = target.problem.empty() ? target.wrapped : target.problem;
        }
        for (const auto& [key, share] : shares) {
            divisor = std::gcd(divisor, share);
        }
        std::vector<Backend> backends;
        backends.reserve(shares.size());
        for (const auto& [backend, share] : shares) {
            backends.push_back(backend);
            backends.back().share = share / divisor;
        }
        return backends;
    }

    Backend backend_of(const Target& target) const {
        Backend backend{.name = target.path(),
                        .port = target.port,
                        .closed = !target.problem.empty() || !target.wrapped.empty()};
        if (target.kind == Target::Kind::service_entry) backend.name = target.name;
        if (target.port == 0) backend.port.reset();
        if (target.missing != Target::Missing::host) {
            add_pods(target, backend);
            return backend;
        }
        // However it is spelt, it is one Service; what is not in the files may be there all the
        // same.
        const std::string path = lookup::Services::path(target.name, target.ns);
        backend.name = path.empty() ? target.name : path;
        backend.closed = path.empty() ? !side_.manifest.service_entries.empty()
                                      : namespaces_.contains(path.substr(0, path.find('/')));
        if (target.written && !target.written->port) backend.port.reset();
        return backend;
    }

    void add_pods(const Target& target, Backend& backend) const {
        backend.subset = target.subset;
        backend.target_port = target.target_port;
        backend.addresses = target.addresses;
        backend.selector = target.selector;
        backend.selector.insert(target.subset_labels.begin(), target.subset_labels.end());
        if (target.kind == Target::Kind::service) {
            if (!target.target_port && target.service_port) {
                const auto* name = std::get_if<manifest::Text>(&target.service_port->target);
                if (name) backend.target_name = name->value;
            }
            if (target.selector.empty()) backend.addresses = addresses_of(target.path());
            backend.workloads = workloads_of(target.ns, backend.selector);
        }
        std::ranges::sort(backend.addresses);
    }

    /// Pods of their own and ReplicaSets have another name after each rollout: those tell nothing.
    std::vector<std::string> workloads_of(const std::string& ns,
                                          const manifest::Labels& selector) const {
        std::vector<std::string> names;
        for (const manifest::Deployment* pods : pods_.find(ns, selector)) {
            if (pods->replicas.value <= 0) continue;
            if (pods->bare_pod || pods->kind() == "ReplicaSet") return {};
            names.push_back(fmt::format("{} {}", pods->kind(), pods->meta.path()));
        }
        std::ranges::sort(names);
        return names;
    }

    std::vector<std::string> addresses_of(const std::string& service) const {
        std::vector<std::string> all;
        for (const manifest::EndpointList& list : side_.manifest.endpoint_lists) {
            if (list.path() != service) continue;
            for (const manifest::Text& address : list.addresses) {
                all.push_back(address.value);
            }
        }
        return all;
    }

    const Side& side_;
    lookup::PodIndex pods_;
    std::unordered_set<std::string> namespaces_;  // that have a Service
    std::unordered_map<const FilterChain*, End> ends_;
};

/// The names to ask on each port.
using Names = std::map<std::uint16_t, std::set<std::string>>;

void add_names(const std::vector<View>& views, Names& names) {
    for (const View& view : views) {
        for (const routing::Listener& listener : view.listeners->all) {
            for (const FilterChain& chain : listener.chains) {
                if (chain.ends == FilterChain::Ends::plain) continue;
                std::set<std::string>& own = names[listener.port];
                if (chain.takes_all()) own.insert("*");
                for (const manifest::Text& name : chain.names) {
                    own.insert(to_lower_ascii(name.value));
                }
            }
        }
        for (const routing::Lost& lost : view.listeners->lost) {
            for (const std::string& name : lost.names) {
                names[lost.port].insert(to_lower_ascii(name));
            }
        }
    }
}

bool is_passed(const std::vector<End>& ends) {
    return std::ranges::any_of(ends, &End::is_served);
}

bool is_terminated(const std::vector<End>& ends) {
    return std::ranges::any_of(ends,
                               [](const End& end) { return end.kind == End::Kind::terminated; });
}

Change::Kind kind_of(const std::vector<End>& was, const std::vector<End>& is) {
    if (is_passed(was)) {
        if (is_terminated(is) && (!is_terminated(was) || !is_passed(is)))
            return Change::Kind::terminated;
        return is_passed(is) ? Change::Kind::moved : Change::Kind::lost;
    }
    if (is_terminated(was)) return is_passed(is) ? Change::Kind::passed : Change::Kind::lost;
    const bool served = is_passed(is) || is_terminated(is);
    return served ? Change::Kind::gained : Change::Kind::moved;
}

class Comparison {
  public:
    Comparison(const Side& old, const Side& now) : was_(old), is_(now) {
        report_.aside = asides(old);
        const std::vector<Aside> more = asides(now);
        report_.aside.insert(report_.aside.end(), more.begin(), more.end());
    }

    Report run(const std::vector<View>& all_old, const std::vector<View>& all_now) {
        std::vector<View> old = all_old;
        std::vector<View> now = all_now;
        if (old.size() > 1 || now.size() > 1) {
            add_pairs(old, now, [](const View& one, const View& other) {
                return one.proxy == other.proxy && one.gateways == other.gateways;
            });
            add_pairs(old, now, [](const View& one, const View& other) {
                return !one.gateways.empty() && one.gateways == other.gateways;
            });
            if (old.size() == now.size()) {
                add_pairs(old, now, [](const View& one, const View& other) {
                    return !one.proxy.empty() && one.proxy == other.proxy;
                });
            }
        }
        Names names;
        add_names(old, names);
        add_names(now, names);
        if (!old.empty() && !now.empty()) {
            add(old, now, names, {});
        } else {  // what a gateway took that is gone, or that came anew, any other may take
            add(all_old, all_now, names, {});
        }
        std::ranges::sort(report_.changes, {}, [](const Change& change) {
            return std::tie(change.kind, change.name, change.port, change.gateways);
        });
        return std::move(report_);
    }

  private:
    /// Compares those that are the same on both sides with each other, and takes them out.
    template <class Same>
    void add_pairs(std::vector<View>& old, std::vector<View>& now, Same same) {
        std::erase_if(old, [&](const View& view) {
            const auto twin =
                std::ranges::find_if(now, [&](const View& other) { return same(view, other); });
            if (twin == now.end()) return false;
            std::set<std::string> gateways = view.gateways;
            gateways.insert(twin->gateways.begin(), twin->gateways.end());
            Names names;
            add_names({view, *twin}, names);
            add({view}, {*twin}, names, {gateways.begin(), gateways.end()});
            now.erase(twin);
            return true;
        });
    }

    void add(const std::vector<View>& old, const std::vector<View>& now, const Names& names,
             const std::vector<std::string>& gateways) {
        for (const auto& [port, own] : names) {
            for (const std::string& name : own) {
                std::vector<End> was = was_.ask(old, port, name);
                std::vector<End> is = is_.ask(now, port, name);
                if (std::ranges::equal(was, is, are_same)) {
                    ++report_.same;
                    continue;
                }
                const Change::Kind kind = kind_of(was, is);
                report_.changes.push_back({.kind = kind,
                                           .name = name,
                                           .port = port,
                                           .gateways = gateways,
                                           .was = std::move(was),
                                           .is = std::move(is)});
            }
        }
    }

    Asker was_;
    Asker is_;
    Report report_;
};

}  // namespace

bool End::is_served() const {
    return kind == Kind::passed &&
           std::ranges::any_of(backends, [](const Backend& backend) { return !backend.closed; });
}

bool Report::is_empty_handed() const {
    return changes.empty() && same == 0 && !aside.empty();
}

bool have_same_pods(const Backend& one, const Backend& other) {
    if (one.target_port && other.target_port && one.target_port != other.target_port) return false;
    if (!one.target_name.empty() && !other.target_name.empty() &&
        one.target_name != other.target_name)
        return false;
    if (!one.addresses.empty() && !other.addresses.empty()) return one.addresses == other.addresses;
    // Pods for addresses, or the other way round.
    if (one.addresses.empty() != other.addresses.empty())
        return one.selector.empty() && other.selector.empty();
    // One that comes to others, or leaves them, leaves the others where they were.
    if (!one.workloads.empty() && !other.workloads.empty())
        return std::ranges::includes(one.workloads, other.workloads) ||
               std::ranges::includes(other.workloads, one.workloads);
    return one.selector.empty() || other.selector.empty() || one.selector == other.selector;
}

bool are_same(const End& one, const End& other) {
    const auto alike = [](const Backend& a, const Backend& b) {
        return a.name == b.name && a.share == b.share && a.closed == b.closed &&
               (a.port == b.port || !a.port || !b.port) && have_same_pods(a, b);
    };
    return one.kind == other.kind && std::ranges::equal(one.backends, other.backends, alike);
}

Report compare(const Side& old, const Side& now) {
    return Comparison(old, now).run(views_of(old), views_of(now));
}

}  // namespace sni::diff
