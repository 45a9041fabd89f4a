#include "lab/diff/asker.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lab/lookup/services.h"

namespace sni::diff {

using lookup::Target;
using routing::FilterChain;
using routing::Listeners;

namespace {

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

End closed(const Listeners& listeners, std::uint16_t port, routing::Outcome outcome) {
    switch (outcome) {
        case routing::Outcome::listener_rejected:
            return {.why = "Envoy refuses the listener: " + listeners.find(port)->rejected};
        case routing::Outcome::closed_port: {
            const auto why = listeners.closed.find(port);
            return {.why = why == listeners.closed.end()
                               ? fmt::format("nothing listens on port {}", port)
                               : why->second};
        }
        default:
            return {.why = "no rule takes it"};
    }
}

}  // namespace

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

Asker::Asker(const Side& side, const Side& other, Which which)
    : side_(side), pods_(side.manifest.deployments), which_(which) {
    for (const manifest::Service& service : side.manifest.services) {
        namespaces_.insert(service.meta.ns.value);
    }
    for (const manifest::Deployment& pods : side.manifest.deployments) {
        with_pods_.insert(pods.meta.ns.value);
    }
    for (const manifest::Service& service : other.manifest.services) {
        its_services_.insert(service.meta.path());
    }
    for (const manifest::ServiceEntry& entry : other.manifest.service_entries) {
        for (const manifest::Text& host : entry.hosts) {
            its_hosts_.insert(host.value);
        }
    }
}

std::vector<End> Asker::ask(const std::vector<View>& views, std::uint16_t port,
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

/// A wildcard is asked as it is written: no chain has a narrower name for a label "*".
End Asker::ask(const Listeners& listeners, std::uint16_t port, const std::string& name) {
    const auto sni = name == "*" ? std::nullopt : std::optional(name);
    const routing::Decision decision = routing::decide(listeners, {.sni = sni, .port = port});
    if (!decision.chain) return closed(listeners, port, decision.outcome);
    End end = end_of(*decision.chain);
    if (decision.name != name) end.by = decision.name;
    return end;
}

const End& Asker::end_of(const FilterChain& chain) {
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
std::vector<Backend> Asker::backends_of(const FilterChain& chain, std::string& why) const {
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

Backend Asker::backend_of(const Target& target) const {
    Backend backend{.name = target.path(),
                    .port = target.port,
                    .closed = !target.problem.empty() || !target.wrapped.empty(),
                    .proxy_header = target.proxy_header};
    if (target.kind == Target::Kind::service_entry) backend.name = target.name;
    if (target.port == 0) backend.port.reset();
    if (target.missing != Target::Missing::host) {
        add_pods(target, backend);
        return backend;
    }
    // However it is spelt, it is one Service; what is in nobody's files may be there all the same.
    const std::string path = lookup::Services::path(target.name, target.ns);
    backend.name = path.empty() ? target.name : path;
    backend.closed = is_gone(path, target.name);
    if (target.written && !target.written->port) backend.port.reset();
    return backend;
}

/// Of what is not in these files, whether they show that it is nowhere, or both sides together do.
/// `path`: "ns/name" of a Service; empty: `host` is none. The old side may be a dump of routes
/// alone; the new one, which takes its place, has to have what that has.
bool Asker::is_gone(const std::string& path, const std::string& host) const {
    if (its_hosts_.contains(host)) return true;
    if (path.empty()) return !side_.manifest.service_entries.empty();
    const std::string ns = path.substr(0, path.find('/'));
    if (namespaces_.contains(ns)) return true;
    return its_services_.contains(path) && (which_ == Which::now || with_pods_.contains(ns));
}

void Asker::add_pods(const Target& target, Backend& backend) const {
    backend.subset = target.subset;
    backend.target_port = target.target_port;
    backend.selector = target.selector;
    backend.selector.insert(target.subset_labels.begin(), target.subset_labels.end());
    if (target.kind == Target::Kind::service) {
        if (!target.target_port && target.service_port) {
            const auto* name = std::get_if<manifest::Text>(&target.service_port->target);
            if (name) backend.target_name = name->value;
        }
        backend.workloads = workloads_of(target.ns, backend.selector);
    }
    // What a Service selects are pods, wherever a dump of the cluster has them.
    if (target.selector.empty()) backend.addresses = lookup::address_texts(target.addresses);
    std::ranges::sort(backend.addresses);
}

/// Pods of their own and ReplicaSets have another name after each rollout: those tell nothing.
std::vector<std::string> Asker::workloads_of(const std::string& ns,
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

}  // namespace sni::diff
