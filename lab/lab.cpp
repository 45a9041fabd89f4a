#include "lab/lab.h"

#include <cassert>
#include <utility>

#include "lab/route/route_table.h"
#include "lab/router/access_log.h"
#include "lab/router/session_record.h"

namespace sni {

namespace {

backend::Options backend_options(const manifest::BackendSpec& spec,
                                 const certs::CertBundle& certificate, const LabOptions& options) {
    return {
        .name = spec.name,
        .chain_pem = certificate.chain_pem(),
        .key = certificate.key,
        .identity = options.identity,
        .access_log = options.log,
    };
}

route::RouteTable routes_at(const manifest::Scenario& scenario, std::uint16_t port,
                            const std::vector<Endpoint>& backends) {
    std::vector<route::Route> routes;
    for (const manifest::RouteSpec& spec : scenario.routes) {
        if (spec.gateway_port != port) continue;
        route::Route route{spec.pattern, {}};
        for (const auto& destination : spec.destinations) {
            route.backends.push_back({backends.at(destination.backend), destination.weight});
        }
        routes.push_back(std::move(route));
    }
    return route::RouteTable(std::move(routes));
}

}  // namespace

Lab::Lab(const manifest::Scenario& scenario, LabOptions options) {
    assert(options.certificates.size() == scenario.backends.size() &&
           "one certificate for each backend");
    for (std::size_t i = 0; i < scenario.backends.size(); ++i) {
        backends_.push_back(std::make_unique<backend::Backend>(
            backend_options(scenario.backends[i], options.certificates[i], options)));
        backend_endpoints_.push_back(backends_.back()->listening());
    }
    for (const std::uint16_t port : scenario.gateway_ports) {
        const auto listen = options.listen.find(port);
        router::Options router{
            .listen = {listen == options.listen.end() ? loopback(0) : listen->second}};
        if (options.log) {
            router.on_record = [log = options.log](const router::SessionRecord& record) {
                log(router::to_json(record));
            };
        }
        routers_.push_back(std::make_unique<router::Router>(
            routes_at(scenario, port, backend_endpoints_), std::move(router)));
        gates_.push_back({port, routers_.back()->listening().front()});
    }
}

Lab::~Lab() {
    stop(std::chrono::milliseconds(0));
}

std::vector<const backend::Backend*> Lab::running_backends() const {
    std::vector<const backend::Backend*> running;
    for (const auto& backend : backends_) {
        running.push_back(backend.get());
    }
    return running;
}

void Lab::stop(std::chrono::milliseconds grace) {
    for (auto& router : routers_) {
        router->stop(grace);
    }
    for (auto& backend : backends_) {
        backend->stop(grace);
    }
}

}  // namespace sni
