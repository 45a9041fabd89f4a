// What the passes over the Gateway API's objects say of a short manifest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_gateways.h"
#include "lab/routing/gateway_api/gateway_api_listeners.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"
#include "lab/routing/gateway_api/services_view.h"
#include "tests/routing/route_inputs.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace sni::test {

using Texts = std::vector<std::string>;

/// Each pass is given what those before it say.
class GatewayApiObjects : public RouteInputs {
  public:
    using RouteInputs::RouteInputs;

    routing::ServicesView view() { return {.inputs = inputs(), .services = services()}; }
    routing::OwnGateways own() { return routing::own_gateways(inputs(), findings()); }
    std::vector<routing::JudgedGateway> judged() {
        return routing::judge_listeners(inputs(), own().gateways);
    }
    routing::AttachedRoutes attached() { return routing::attach_routes(view(), own(), judged()); }
    Texts codes() {
        Texts all;
        for (const Diagnostic& d : findings().take()) {
            all.push_back(d.code);
        }
        return all;
    }
};

namespace k8s {

/// A backendRef to workload("a").
constexpr std::string_view kToA443 = "{name: a, port: 443}";

/// listener() of another port.
inline std::string at_port(int port, std::string_view name, std::string_view hostname = "") {
    return test::replaced(listener(name, hostname), "443", std::to_string(port));
}

inline std::string plain(std::string_view name, std::string_view hostname, int port = 80) {
    return "{name: " + std::string(name) + ", port: " + std::to_string(port) +
           ", protocol: HTTP, hostname: " + std::string(hostname) + "}";
}

inline std::string ending(std::string_view name, std::string_view hostname,
                          std::string_view secrets, int port = 443) {
    return "{name: " + std::string(name) + ", port: " + std::to_string(port) +
           ", protocol: TLS, hostname: " + std::string(hostname) +
           ", tls: {mode: Terminate, certificateRefs: [" + std::string(secrets) + "]}}";
}

}  // namespace k8s

}  // namespace sni::test
