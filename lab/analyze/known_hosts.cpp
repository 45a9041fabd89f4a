#include "lab/analyze/known_hosts.h"

#include <algorithm>
#include <set>

#include "lab/lookup/destination_rules.h"
#include "lab/lookup/exported.h"

namespace sni::analyze {

using namespace manifest;

KnownHosts::KnownHosts(const Manifest& manifest) {
    for (const Service& service : manifest.services) {
        const std::string host = lookup::full_host(service.meta.name.value, service.meta.ns.value);
        by_host_[host].push_back({.service = &service});
    }
    for (const ServiceEntry& entry : manifest.service_entries) {
        for (const Text& host : entry.hosts) {
            const Owner owner{.entry = &entry};
            by_host_[lookup::full_host(host.value, entry.meta.ns.value)].push_back(owner);
            if (host.value.starts_with('*')) wildcards_.emplace_back(host.value.substr(1), owner);
        }
    }
}

const KnownHosts::Owner* KnownHosts::find(const std::string& host, const std::string& ns,
                                          const std::vector<Text>& export_to) const {
    const auto seen_from = [&](const Owner& owner, const std::string& viewer) {
        return lookup::reaches(owner.export_to(), owner.meta().ns.value, viewer);
    };
    const std::set<std::string> asking =
        export_to.empty() ? std::set{ns} : lookup::scopes(export_to, ns);
    const auto seen = [&](const Owner& owner) {
        return std::ranges::any_of(
            asking, [&](const std::string& viewer) { return seen_from(owner, viewer); });
    };
    if (const auto exact = by_host_.find(host); exact != by_host_.end()) {
        const auto found = std::ranges::find_if(exact->second, seen);
        if (found != exact->second.end()) return &*found;
    }
    return find_wide(host, [&](const Owner& owner) { return seen_from(owner, ns); });
}

const KnownHosts::Owner* KnownHosts::anywhere(const std::string& host) const {
    const auto found = by_host_.find(host);
    if (found != by_host_.end()) return &found->second.front();
    return find_wide(host, [](const Owner&) { return true; });
}

const KnownHosts::Owner* KnownHosts::find_wide(
    std::string_view host, const std::function<bool(const Owner&)>& seen) const {
    host.remove_prefix(host.starts_with('*') ? 1 : 0);
    const auto wide = std::ranges::find_if(wildcards_, [&](const auto& wildcard) {
        return host.ends_with(wildcard.first) && seen(wildcard.second);
    });
    return wide == wildcards_.end() ? nullptr : &wide->second;
}

}  // namespace sni::analyze
