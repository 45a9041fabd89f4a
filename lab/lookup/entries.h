// ServiceEntries as a gateway sees them, by their hosts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/lookup/target.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

/// Of those that have one host, the first counts: those that are exported to the gateway's
/// namespace by its name come before those of everybody, and older ones before younger ones
/// (pilot/pkg/model/push_context.go, servicesExportedToNamespace). Others of its namespace give it
/// their ports if they are like it (sidecar.go, appendSidecarServices), and their endpoints in any
/// case (serviceregistry/serviceentry/conversion.go, mergeServicesInstancesByNamespaceHost).
class Entries {
  public:
    /// `manifest` must outlive it.
    Entries(const Manifest& manifest, const std::string& gateway_namespace);

    /// The one that counts; nullptr: none that is seen has the host.
    const ServiceEntry* find(std::string_view host) const;
    /// Where a destination at the host leads, which `find` has; `wanted` is its port, nothing: the
    /// only one, else the Gateway's.
    Target target(const std::string& host, std::optional<std::int64_t> wanted,
                  std::uint16_t gateway_port) const;
    /// Of the endpoints of such a target that have these labels, a WorkloadEntry among them.
    std::vector<Address> addresses(const Target& target, const Labels& labels) const;
    /// Whether the files show that no endpoint of the target has these labels.
    bool has_no_endpoint(const Target& target, const Labels& labels) const;

  private:
    struct Host {
        std::vector<const ServiceEntry*> merged;    ///< with their ports; the first counts
        std::vector<const ServiceEntry*> together;  ///< with their endpoints
    };
    /// The only one of its ports, where none is wanted.
    static std::int64_t port_number(const Host& host, std::optional<std::int64_t> wanted,
                                    std::uint16_t gateway_port);

    /// That its workloadSelector takes.
    bool has_pods(const ServiceEntry& entry) const;

    const Manifest& manifest_;
    std::map<std::string, Host, std::less<>> hosts_;
};

}  // namespace sni::lookup
