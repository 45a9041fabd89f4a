// Who has a host, as istioctl's analyzers look it up: by exportTo of whoever asks and of whoever
// has it (pkg/config/analysis/analyzers/util/service_lookup.go). Where a gateway's connections go
// is lab/lookup's answer, which asks from the gateway's namespace.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lab/manifest/manifest.h"

namespace sni::analyze {

class KnownHosts {
  public:
    /// A Service or a ServiceEntry.
    struct Owner {
        const manifest::Service* service = nullptr;
        const manifest::ServiceEntry* entry = nullptr;
        const manifest::Meta& meta() const { return service ? service->meta : entry->meta; }
        const std::vector<manifest::Text>& export_to() const {
            return service ? service->export_to : entry->export_to;
        }
    };

    /// `manifest` must outlive it.
    explicit KnownHosts(const manifest::Manifest& manifest);

    /// For an object of namespace `ns` that is exported to `export_to`, and names the host in full;
    /// nullptr: nobody that is seen there has it.
    const Owner* find(const std::string& host, const std::string& ns,
                      const std::vector<manifest::Text>& export_to) const;
    /// The first that has it, whoever may see it.
    const Owner* anywhere(const std::string& host) const;

  private:
    /// Whoever has it by a wildcard, and is `seen`.
    const Owner* find_wide(std::string_view host,
                           const std::function<bool(const Owner&)>& seen) const;

    std::unordered_map<std::string, std::vector<Owner>> by_host_;
    std::vector<std::pair<std::string, Owner>> wildcards_;  // without their "*"
};

}  // namespace sni::analyze
