// A scenario, running: its backends, its routers, and the gateways that end TLS because the
// manifests say so; owned in order and stopped in reverse.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/backend/backend.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/terminator.h"
#include "lab/route/route_table.h"
#include "lab/router/router.h"
#include "lab/scenario/lab_file.h"
#include "lab/scenario/scenario.h"

namespace sni {

namespace gateways {
class CheatingGateway;
}

/// What a scenario needs beside itself.
struct LabOptions {
    /// One for each of Scenario::backends, in that order; of a pod that serves plain text it does
    /// not matter.
    std::vector<certs::CertBundle> certificates;
    /// One for each of Scenario::terminators, in that order.
    std::vector<certs::CertBundle> gateway_certificates;
    scenario::LabFile lab;  ///< of lab.yaml
    /// Who issues the client certificates that a backend wants.
    std::optional<std::string> client_ca_pem;
    certs::Identity identity;
    /// Where each of Scenario::gateway_ports listens; a port that is missing gets 127.0.0.1 and a
    /// free port.
    std::map<std::uint16_t, Endpoint> listen;
    /// Connections at once through each gateway that ends TLS, or wraps it.
    std::size_t max_terminated = gateways::TerminatorOptions{}.max_connections;
    /// One line of JSON for each connection and each request, from any thread; empty: none.
    std::function<void(std::string_view)> log;
    /// Each connection through a router, when it ends, from any thread; empty: nobody asks.
    std::function<void(const router::SessionRecord&)> on_record;
};

/// A Gateway port as it is served on this machine.
struct Gate {
    std::uint16_t port = 443;  ///< as the Gateway writes it
    Endpoint endpoint;
};

/// The constructor starts everything and returns when all of it can serve; it throws Failure as
/// Backend and Router do, and leaves nothing running then. The destructor stops it.
class Lab {
  public:
    Lab(const scenario::Scenario& scenario, LabOptions options);
    ~Lab();
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    /// In ascending order of Gateway port.
    const std::vector<Gate>& gates() const { return gates_; }
    /// In the order of Scenario::backends.
    const std::vector<Endpoint>& backends() const { return backend_endpoints_; }
    /// The same as they run; this outlives whoever asks them.
    std::vector<const backend::Backend*> running_backends() const;
    /// New connections go by the routes of `scenario`, whose backends and ports must be among
    /// those that run. Throws Failure(Exit::usage) when one is not, and then nothing changes.
    void reload(const scenario::Scenario& scenario);
    /// Stops the backend (all its replicas) of that name; false when there is none.
    bool unplug(const std::string& backend);
    /// All routers stop accepting first; what runs may finish for `grace`, backends for what the
    /// routers left of it. Another thread may call it meanwhile, to shorten the grace.
    void stop(std::chrono::milliseconds grace);

  private:
    void start_backends(const scenario::Scenario& scenario, const LabOptions& options);
    void start_terminators(const scenario::Scenario& scenario, const LabOptions& options);
    void start_routers(const scenario::Scenario& scenario, const LabOptions& options);
    /// Where the router goes for each of `destinations` of a route: to a backend, or to the gateway
    /// that puts TLS around what it passes on there, which is started when the first one asks.
    Endpoint way_to(const scenario::Scenario& scenario,
                    const scenario::RouteSpec::Destination& destination);
    route::RouteTable routes_at(const scenario::Scenario& scenario, std::uint16_t port);
    void end_gateways();
    const Endpoint& backend_named(const std::string& name) const;
    /// What every gateway of manifests has, whatever it does.
    gateways::TerminatorOptions terminator_to(const Endpoint& backend) const;

    std::vector<std::string> names_;  // of the backends
    std::vector<std::unique_ptr<backend::Backend>> backends_;
    std::vector<std::unique_ptr<gateways::Terminator>> terminators_;
    std::vector<std::unique_ptr<gateways::CheatingGateway>> cheats_;         // as lab.yaml asks for
    std::vector<Endpoint> terminator_endpoints_;                             // of both
    std::map<std::string, std::unique_ptr<gateways::Terminator>> wrappers_;  // by the backend
    std::size_t max_terminated_;
    std::function<void(std::string_view)> log_;
    std::mutex ending_;  ///< the gateways that end TLS
    std::vector<std::unique_ptr<router::Router>> routers_;
    std::vector<Endpoint> backend_endpoints_;
    std::vector<Gate> gates_;
};

}  // namespace sni
