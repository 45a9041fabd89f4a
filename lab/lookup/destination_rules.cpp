#include "lab/lookup/destination_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/lookup/by_age.h"
#include "lab/lookup/exported.h"

namespace sni::lookup {

namespace {

/// Istio's own, whose rules hold where no other does.
const std::string kRootNamespace = "istio-system";

/// Of a Service's host; empty for any other.
std::string service_namespace(std::string_view host) {
    if (!host.ends_with(kServiceSuffix)) return {};
    host.remove_suffix(kServiceSuffix.size());
    const std::size_t dot = host.find('.');
    return dot == std::string_view::npos ? std::string() : std::string(host.substr(dot + 1));
}

/// What `settings` say for a port: its own, which replace the host's.
const ClientTls* tls_for(const std::vector<ClientTls>& settings, std::int64_t port) {
    const ClientTls* host = nullptr;
    for (const ClientTls& tls : settings) {
        if (tls.port && tls.port->value == port) return &tls;
        if (!tls.port) host = &tls;
    }
    return host;
}

/// The files have the namespace, and it is not labelled for injection.
bool has_no_sidecars(const Manifest& manifest, const std::string& name) {
    return std::ranges::any_of(manifest.namespaces, [&](const Namespace& ns) {
        if (ns.meta.name.value != name) return false;
        const auto injection = ns.meta.labels.find("istio-injection");
        const bool injected = ns.meta.labels.contains("istio.io/rev") ||
                              (injection != ns.meta.labels.end() && injection->second == "enabled");
        return !injected;
    });
}

}  // namespace

std::string full_host(std::string_view host, std::string_view ns) {
    if (host.contains('.') || host.starts_with('*')) return std::string(host);
    return fmt::format("{}.{}{}", host, ns, kServiceSuffix);
}

bool OnTheWay::wraps() const {
    if (!tls) return false;
    const std::string& mode = tls->mode.value;
    return mode == "SIMPLE" || mode == "MUTUAL" || (mode == "ISTIO_MUTUAL" && nobody_opens);
}

DestinationRules::DestinationRules(const Manifest& manifest, const Environment& environment)
    : manifest_(manifest), gateway_namespace_(environment.gateway_namespace) {
    for (const DestinationRule& rule : manifest.destination_rules) {
        if (rule.meta.flawed) continue;
        by_host_[full_host(rule.host.value, rule.meta.ns.value)].push_back(&rule);
    }
    for (const ServiceEntry* entry : by_age(manifest.service_entries)) {
        for (const Text& host : entry->hosts) {
            entries_.emplace(host.value, entry->meta.ns.value);
        }
    }
}

const DestinationRule* DestinationRules::find(const std::string& host) const {
    return find(host, gateway_namespace_);
}

const DestinationRule* DestinationRules::find(const std::string& host,
                                              const std::string& gateway) const {
    if (const DestinationRule* rule = find_in(host, gateway, gateway)) return rule;
    const auto entry = entries_.find(host);
    const std::string own = entry == entries_.end() ? service_namespace(host) : entry->second;
    if (const DestinationRule* rule = find_in(host, own, gateway)) return rule;
    return find_in(host, kRootNamespace, gateway);
}

const Subset* DestinationRules::subset(const std::string& host, std::string_view name,
                                       const std::string& gateway_namespace) const {
    const DestinationRule* first = find(host, gateway_namespace);
    if (!first) return nullptr;
    // Istio merges the rules of one namespace for one host.
    const auto all = by_host_.find(full_host(first->host.value, first->meta.ns.value));
    for (const DestinationRule* rule : all->second) {
        if (rule->meta.ns.value != first->meta.ns.value) continue;
        const auto found = std::ranges::find_if(
            rule->subsets, [&](const Subset& each) { return each.name.value == name; });
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

OnTheWay DestinationRules::on_the_way(const Target& target) const {
    return on_the_way(target, gateway_namespace_);
}

OnTheWay DestinationRules::on_the_way(const Target& target,
                                      const std::string& gateway_namespace) const {
    OnTheWay found{.host = target.kind == Target::Kind::service ? full_host(target.name, target.ns)
                                                                : target.name};
    found.rule = find(found.host, gateway_namespace);
    if (!found.rule) return found;
    found.tls = tls_for(found.rule->tls, target.port);
    for (const Subset& subset : found.rule->subsets) {
        if (!target.written || subset.name.value != target.written->subset.value) continue;
        if (const ClientTls* own = tls_for(subset.tls, target.port)) found.tls = own;
    }
    found.nobody_opens = has_no_sidecars(manifest_, service_namespace(found.host));
    return found;
}

/// The name itself, then wildcards, the longest first.
const DestinationRule* DestinationRules::find_in(const std::string& host, const std::string& ns,
                                                 const std::string& gateway) const {
    const auto in_namespace = [&](const std::string& key) -> const DestinationRule* {
        const auto found = by_host_.find(key);
        if (found == by_host_.end()) return nullptr;
        const auto rule = std::ranges::find_if(found->second, [&](const DestinationRule* r) {
            return r->meta.ns.value == ns && reaches(r->export_to, ns, gateway);
        });
        return rule == found->second.end() ? nullptr : *rule;
    };
    if (const DestinationRule* exact = in_namespace(host)) return exact;
    for (std::size_t dot = host.find('.'); dot != std::string::npos;
         dot = host.find('.', dot + 1)) {
        if (const DestinationRule* wild = in_namespace("*" + host.substr(dot))) return wild;
    }
    return in_namespace("*");
}

}  // namespace sni::lookup
