// Which DestinationRule a gateway follows to a destination, and what TLS that puts on the way: one
// answer for the analyzer and for the lab. Pure look-up.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/lookup/environment.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/pods.h"
#include "lab/lookup/services.h"
#include "lab/lookup/sidecars.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

/// Only a host without any dot is completed, with `ns`.
std::string full_host(std::string_view host, std::string_view ns);
/// Of a Service's host; empty for any other.
std::string service_namespace(std::string_view host);

/// What a rule makes a gateway do on its own way to a destination. Points into the manifest.
struct OnTheWay {
    const DestinationRule* rule = nullptr;
    const ClientTls* tls = nullptr;
    /// PASSTHROUGH: it goes where the client went, which is the gateway itself, so connections are
    /// closed; nullptr: it goes to endpoints.
    const LoadBalancer* back = nullptr;
    std::string host;                       ///< in full
    Injected injected = Injected::unknown;  ///< before its pods: a sidecar opens ISTIO_MUTUAL

    /// TLS stands around what is passed through, and the pod does not take it off.
    bool wraps() const;
};

/// By host, the rules that hold for a gateway (pilot/pkg/model/push_context.go, destinationRule).
class DestinationRules {
  public:
    /// `manifest` must outlive it.
    DestinationRules(const Manifest& manifest, const Environment& environment);

    /// Does any rule for `host`, of whatever namespace, have the subset?
    bool has_subset(const std::string& host, std::string_view subset) const;
    /// Is there any rule for just this host?
    bool has_host(const std::string& host) const { return by_host_.contains(host); }
    /// The TLS on the way to a target, its subset's own before its port's before its host's;
    /// `tls` is nullptr where there is none. For a gateway whose pods run in that namespace; none
    /// is for one that is not Istio's.
    OnTheWay on_the_way(const Target& target, const std::string& gateway_namespace) const;
    /// Of a host in full, as a gateway in that namespace sees it; nullptr: it has no such cluster.
    const Subset* subset(const std::string& host, std::string_view name,
                         const std::string& gateway_namespace) const;

  private:
    using Rules = std::vector<const DestinationRule*>;

    const DestinationRule* find(const std::string& host, const std::string& gateway) const;
    Rules merged(const std::string& host, const std::string& gateway) const;
    Rules holding(const std::string& host, const std::string& gateway) const;
    /// Those of one namespace for the most specific host that has any which counts.
    Rules find_in(const std::string& host, const std::string& ns,
                  const std::function<bool(const DestinationRule&)>& counts) const;
    /// Whether a gateway of that namespace has the labels.
    bool is_at(const std::string& ns, const Labels& selector) const;

    std::string gateway_namespace_;
    PodIndex pods_;
    Sidecars sidecars_;
    std::unordered_map<std::string, Rules> by_host_;                 // by age
    std::unordered_map<std::string, std::vector<Labels>> gateways_;  // of their pods, by namespace
    std::unordered_map<std::string, std::string> entries_;  // namespace by ServiceEntry's host
};

}  // namespace sni::lookup
