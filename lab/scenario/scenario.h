// A scenario as the lab can run it: what the manifests resolve to, with every name looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/lookup/environment.h"
#include "lab/manifest/manifest.h"
#include "lab/route/host_pattern.h"
#include "lab/scenario/words.h"

namespace sni::scenario {

/// The kubernetes.io/tls Secret a pod mounts. When the manifests do not hold it, `cert_pem` is
/// nothing, and it comes from the state folder or is made for `names`.
struct SecretSpec {
    std::string ns;
    std::string name;
    std::optional<std::string> cert_pem;
    std::optional<std::string> key_pem;
    std::vector<std::string>
        names;  ///< the SNI names that reach a pod with this Secret, first one first
    bool operator==(const SecretSpec&) const = default;
};

/// One pod that the lab runs as a built-in backend. `name` is "NAMESPACE/DEPLOYMENT" ("/2" and so
/// on behind it for further replicas) and is what the backend signs as its own name.
struct BackendSpec {
    std::string name;
    std::uint16_t target_port = 0;     ///< the port the pod would listen on
    std::optional<SecretSpec> secret;  ///< nothing: the pod serves plain text
    Place place;
    bool operator==(const BackendSpec&) const = default;
};

/// Where connections for one name go: indices into Scenario::backends with weights.
struct RouteSpec {
    struct Destination {
        std::size_t backend = 0;
        std::uint32_t weight = 1;
        /// The gateway puts TLS of its own around the client's, as a DestinationRule says.
        bool wrapped = false;
        bool operator==(const Destination&) const = default;
    };
    route::HostPattern pattern;
    std::vector<Destination> destinations;
    std::uint16_t gateway_port = 443;
    Place place;  ///< the sniHosts entry
    bool operator==(const RouteSpec&) const = default;
};

/// A server or listener that ends TLS itself: whoever runs it reads everything.
struct TerminatorSpec {
    std::vector<route::HostPattern> patterns;
    SecretSpec secret;        ///< its own certificate
    std::size_t backend = 0;  ///< where it goes on
    bool encrypts = false;    ///< with TLS of its own on that way, else in plain text
    std::uint16_t gateway_port = 443;
    Place place;
    bool operator==(const TerminatorSpec&) const = default;
};

struct Scenario {
    std::string name;
    std::vector<BackendSpec> backends;
    std::vector<RouteSpec> routes;
    std::vector<TerminatorSpec> terminators;
    std::vector<std::uint16_t>
        gateway_ports;  ///< as written in the Gateways, ascending, without repeats
    bool operator==(const Scenario&) const = default;
};

/// True when the gateway ends TLS for some of this port's connections, or puts its own around it.
bool has_gateway_tls(const Scenario& scenario, std::uint16_t port);

/// `scenario` is meaningful only when no diagnostic is an error.
struct Resolved {
    Scenario scenario;
    std::vector<Diagnostic> diagnostics;  ///< in file order
};

/// Follows the names: Gateway, VirtualService and TLSRoute to routes, Service to target port to
/// pod, pod to Secret. Everything that cannot be run is a diagnostic, all of them at once (facts of
/// Istio: pkg/config/validation, pilot/pkg/networking/core/gateway.go).
Resolved resolve(const Manifest& manifest, std::string name, const Environment& environment = {});

}  // namespace sni::scenario
