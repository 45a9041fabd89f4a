// The hosts of a Gateway's servers, and what of a VirtualService meets them.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "lab/manifest/hosts.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// The hosts of one or more servers; some are only for VirtualServices of one namespace.
class ServedHosts {
  public:
    void add(const ServerHost& host) { by_namespace_[host.ns].add(host.host); }
    bool overlaps(const Text& host, const std::string& ns) const {
        return any(ns, [&](const HostSet& set) { return set.overlaps(host.value); });
    }
    bool overlaps_any(const VirtualService& service) const {
        return std::ranges::any_of(
            service.hosts, [&](const Text& host) { return overlaps(host, service.meta.ns.value); });
    }
    bool covers(const Text& host, const std::string& ns) const {
        return any(ns, [&](const HostSet& set) { return set.covers(host.value); });
    }

  private:
    template <class Test>
    bool any(const std::string& ns, Test test) const {
        const auto everyone = by_namespace_.find(std::string());
        if (everyone != by_namespace_.end() && test(everyone->second)) return true;
        const auto own = ns.empty() ? by_namespace_.end() : by_namespace_.find(ns);
        return own != by_namespace_.end() && test(own->second);
    }
    std::map<std::string, HostSet> by_namespace_;
};

}  // namespace sni::routing
