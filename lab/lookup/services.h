// Where a destination leads: host to Service or ServiceEntry, to port, to target port. The one
// look-up; every command asks its result, and whoever complains about what is missing words that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/lookup/backing.h"
#include "lab/lookup/entries.h"
#include "lab/lookup/environment.h"
#include "lab/lookup/pods.h"
#include "lab/lookup/target.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

class Services {
  public:
    /// `manifest` must outlive it.
    Services(const Manifest& manifest, const Environment& environment);
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    /// Only a host without any dot is completed, with `own_namespace`.
    const Service* find(std::string_view host, std::string_view own_namespace) const;
    /// "NS/NAME" of a host; empty for one that is no Service's.
    static std::string path(std::string_view host, std::string_view own_namespace);
    const Service* at(const std::string& path) const;

    /// Left out, it is the Service's only port, else the Gateway's own number.
    static const ServicePort* port(const Service& service, std::optional<std::int64_t> wanted,
                                   std::uint16_t gateway_port);
    /// As the first pod has it that the files hold.
    std::optional<std::uint16_t> target_port(const Service& service, const ServicePort& port) const;

    Target target(const VirtualService& from, const Destination& written,
                  std::uint16_t gateway_port) const;
    /// The same by what is written: `wanted` is the port, nothing: the only one, else the
    /// Gateway's.
    Target target(const std::string& own_namespace, const std::string& host,
                  std::optional<std::int64_t> wanted, std::uint16_t gateway_port) const;
    /// Of a Service that is there.
    Target target(const Service& service, const ServicePort& port) const;

    /// Whether none of the pods that the files show behind `selector` has these labels as well.
    bool has_no_pod(const std::string& ns, const Labels& selector, const Labels& labels) const;
    const Entries& entries() const { return entries_; }
    const PodIndex& pods() const { return pods_; }
    const Backings& backings() const { return backings_; }

  private:
    /// Whether anybody stands behind the Service's port.
    void follow(const Service& service, const ServicePort& port, Target& target) const;

    /// The host that a Service of type ExternalName stands for, through others of its kind;
    /// nothing: it is none, or the files have no such host.
    std::optional<std::string> alias_of(const Service& service) const;

    PodIndex pods_;
    Backings backings_;
    std::string gateway_namespace_;
    std::unordered_map<std::string, const Service*> services_;  // by "ns/name"
    Entries entries_;
};

/// The Services as gateways in one namespace or another see them: exportTo hides some. In the empty
/// namespace are those of others, to whom Istio's annotations and names of ports say nothing.
class ServicesByViewer {
  public:
    /// `manifest` must outlive it.
    ServicesByViewer(const Manifest& manifest, const Environment& environment)
        : manifest_(manifest), environment_(environment) {}
    /// The reference lives as long as this.
    const Services& of(const std::string& ns);

  private:
    const Manifest& manifest_;
    Environment environment_;
    std::map<std::string, std::unique_ptr<Services>> seen_;
};

inline constexpr std::string_view kServiceSuffix = ".svc.cluster.local";

}  // namespace sni::lookup
