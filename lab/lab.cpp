#include "lab/lab.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/net/descriptor_limit.h"
#include "lab/route/route_table.h"
#include "lab/router/access_log.h"
#include "lab/router/session_record.h"

namespace sni {

namespace {

using scenario::BackendSetting;

/// Everybody on this machine, and nobody else.
std::vector<Cidr> loopback_peers() {
    return {Cidr::parse("127.0.0.0/8").value(), Cidr::parse("::1/128").value()};
}

backend::Options backend_options(const scenario::BackendSpec& spec,
                                 const certs::CertBundle& certificate, const LabOptions& options) {
    backend::Options backend{
        .name = spec.name,
        .chain_pem = certificate.chain_pem(),
        .key = certificate.key,
        .identity = options.identity,
        .access_log = options.log,
    };
    if (!spec.secret) backend.plain = loopback(0);
    const BackendSetting* setting = options.lab.backend(spec.name);
    if (!setting) return backend;
    if (setting->client_certificate) {
        backend.client_ca_pem = options.client_ca_pem;
        backend.client_cert = backend::ClientCert::required;
    }
    if (!setting->alpn.empty()) backend.alpn = setting->alpn;
    if (setting->accept_proxy) backend.accept_proxy = loopback_peers();
    if (setting->fault == BackendSetting::Fault::hang) backend.fault = http::Fault::hang;
    return backend;
}

/// What a connection through this port takes of this process's descriptors: two at the router, two
/// at a gateway that ends TLS or wraps it, and one at the backend.
std::size_t descriptors_each(const scenario::Scenario& scenario, std::uint16_t port) {
    return scenario::has_gateway_tls(scenario, port) ? 5 : 3;
}

}  // namespace

Lab::Lab(const scenario::Scenario& scenario, LabOptions options) {
    assert(options.certificates.size() == scenario.backends.size() &&
           options.gateway_certificates.size() == scenario.terminators.size() &&
           "one certificate for each backend and each terminator");
    max_terminated_ = options.max_terminated;
    log_ = options.log;
    start_backends(scenario, options);
    start_terminators(scenario, options);
    start_routers(scenario, options);
}

Lab::~Lab() {
    stop(std::chrono::milliseconds(0));
}

void Lab::start_backends(const scenario::Scenario& scenario, const LabOptions& options) {
    for (std::size_t i = 0; i < scenario.backends.size(); ++i) {
        const scenario::BackendSpec& spec = scenario.backends[i];
        names_.push_back(spec.name);
        backends_.push_back(std::make_unique<backend::Backend>(
            backend_options(spec, options.certificates[i], options)));
        const backend::Backend& backend = *backends_.back();
        backend_endpoints_.push_back(backend.listening_plain().value_or(backend.listening()));
        const BackendSetting* setting = options.lab.backend(spec.name);
        if (setting && setting->fault == BackendSetting::Fault::down)
            backends_.back()->stop(std::chrono::milliseconds(0));
    }
}

void Lab::start_terminators(const scenario::Scenario& scenario, const LabOptions& options) {
    for (std::size_t i = 0; i < scenario.terminators.size(); ++i) {
        const scenario::TerminatorSpec& spec = scenario.terminators[i];
        const certs::CertBundle& certificate = options.gateway_certificates[i];
        const scenario::GateSetting* gate = options.lab.gate(spec.gateway_port);
        const Endpoint to = backend_endpoints_.at(spec.backend);
        const scenario::Forgery forgery = gate ? gate->forgery : scenario::Forgery::none;
        if (forgery != scenario::Forgery::none) {
            gateways::CheatingOptions cheat{.backend = to,
                                            .chain_pem = certificate.chain_pem(),
                                            .key = certificate.key,
                                            .forgery = forgery};
            if (!spec.encrypts) cheat.plain = to;
            cheats_.push_back(std::make_unique<gateways::CheatingGateway>(cheat));
            terminator_endpoints_.push_back(cheats_.back()->listening());
            continue;
        }
        gateways::TerminatorOptions gateway = terminator_to(to);
        gateway.ends_with = {certificate.chain_pem(), certificate.key};
        gateway.encrypts = spec.encrypts;
        terminators_.push_back(std::make_unique<gateways::Terminator>(std::move(gateway)));
        terminator_endpoints_.push_back(terminators_.back()->listening());
    }
}

void Lab::start_routers(const scenario::Scenario& scenario, const LabOptions& options) {
    // What all routers may open is theirs in equal shares.
    const std::size_t share =
        net::free_descriptors() / std::max<std::size_t>(1, scenario.gateway_ports.size());
    for (const std::uint16_t port : scenario.gateway_ports) {
        const std::size_t free = net::free_descriptors();
        const auto listen = options.listen.find(port);
        router::Options router{
            .listen = {listen == options.listen.end() ? loopback(0) : listen->second}};
        if (const scenario::GateSetting* gate = options.lab.gate(port)) {
            if (gate->hello_timeout) router.limits.hello = *gate->hello_timeout;
            if (gate->idle_timeout) router.limits.idle = *gate->idle_timeout;
            if (gate->proxy_protocol != 0) {
                router.proxy_protocol =
                    gate->proxy_protocol == 1 ? proxy::Version::v1 : proxy::Version::v2;
            }
            if (gate->accept_proxy) router.accept_proxy = loopback_peers();
        }
        router.spare_descriptors = free > share ? free - share : 0;
        router.descriptors_each = descriptors_each(scenario, port);
        router.fingerprint = static_cast<bool>(options.log);
        if (options.log || options.on_record) {
            router.on_record = [log = options.log,
                                tell = options.on_record](const router::SessionRecord& record) {
                if (log) log(router::to_json(record));
                if (tell) tell(record);
            };
        }
        routers_.push_back(
            std::make_unique<router::Router>(routes_at(scenario, port), std::move(router)));
        gates_.push_back({port, routers_.back()->listening().front()});
    }
}

gateways::TerminatorOptions Lab::terminator_to(const Endpoint& backend) const {
    gateways::TerminatorOptions gateway{.backend = backend, .max_connections = max_terminated_};
    if (!log_) return gateway;
    gateway.refused = [log = log_, to = to_string(backend)](std::string_view why) {
        log(nlohmann::json(
                {{"event", "refused"}, {"by", "terminator"}, {"backend", to}, {"reason", why}})
                .dump());
    };
    return gateway;
}

const Endpoint& Lab::backend_named(const std::string& name) const {
    const auto running = std::ranges::find(names_, name);
    return backend_endpoints_.at(static_cast<std::size_t>(running - names_.begin()));
}

Endpoint Lab::way_to(const scenario::Scenario& scenario,
                     const scenario::RouteSpec::Destination& destination) {
    const std::string& name = scenario.backends.at(destination.backend).name;
    const Endpoint& backend = backend_named(name);
    if (!destination.wrapped) return backend;
    std::unique_ptr<gateways::Terminator>& wrapper = wrappers_[name];
    if (!wrapper) wrapper = std::make_unique<gateways::Terminator>(terminator_to(backend));
    return wrapper->listening();
}

/// The names that are passed through, and those that the lab's own terminators end: to the router
/// both are names with a backend.
route::RouteTable Lab::routes_at(const scenario::Scenario& scenario, std::uint16_t port) {
    std::vector<route::Route> routes;
    for (const scenario::RouteSpec& spec : scenario.routes) {
        if (spec.gateway_port != port) continue;
        route::Route route{spec.pattern, {}};
        for (const auto& destination : spec.destinations) {
            route.backends.push_back({way_to(scenario, destination), destination.weight});
        }
        routes.push_back(std::move(route));
    }
    for (std::size_t i = 0; i < scenario.terminators.size(); ++i) {
        if (scenario.terminators[i].gateway_port != port) continue;
        for (const route::HostPattern& pattern : scenario.terminators[i].patterns) {
            routes.push_back({pattern, {{terminator_endpoints_.at(i), 1}}});
        }
    }
    return route::RouteTable(std::move(routes));
}

std::vector<const backend::Backend*> Lab::running_backends() const {
    std::vector<const backend::Backend*> running;
    running.reserve(backends_.size());
    for (const auto& backend : backends_) {
        running.push_back(backend.get());
    }
    return running;
}

void Lab::reload(const scenario::Scenario& scenario) {
    const auto refuse = [](std::string message) {
        throw Failure(Exit::usage, code::kNotRunnable, std::move(message),
                      "new manifests change the routes of a running lab, not what runs in it",
                      "start the lab again with the new manifests");
    };
    for (const scenario::BackendSpec& spec : scenario.backends) {
        const bool runs = std::ranges::find(names_, spec.name) != names_.end();
        if (!runs) refuse(fmt::format("backend \"{}\" does not run", spec.name));
    }
    if (scenario.terminators.size() != terminator_endpoints_.size())
        refuse("another number of servers ends TLS");
    std::vector<route::RouteTable> tables;
    tables.reserve(gates_.size());
    for (const Gate& gate : gates_) {
        tables.push_back(routes_at(scenario, gate.port));
    }
    for (std::size_t i = 0; i < routers_.size(); ++i) {
        routers_[i]->reload(std::move(tables[i]));
    }
}

bool Lab::unplug(const std::string& backend) {
    bool found = false;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_[i] != backend && !names_[i].starts_with(backend + "/")) continue;
        backends_[i]->stop(std::chrono::milliseconds(0));
        found = true;
    }
    return found;
}

void Lab::stop(std::chrono::milliseconds grace) {
    using Clock = std::chrono::steady_clock;
    const auto left = [until = Clock::now() + grace] {
        return std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    };
    for (auto& router : routers_) {
        if (grace.count() > 0) router->stop_accepting();
    }
    for (auto& router : routers_) {
        router->stop(left());
    }
    end_gateways();
    for (auto& backend : backends_) {
        backend->stop(left());
    }
}

void Lab::end_gateways() {
    const std::lock_guard lock(ending_);
    terminators_.clear();
    cheats_.clear();
    wrappers_.clear();
}

}  // namespace sni
