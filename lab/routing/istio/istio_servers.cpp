#include "lab/routing/istio/istio_servers.h"

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

std::uint16_t port_of(const Server& server) {
    return static_cast<std::uint16_t>(server.port.value);
}

std::string bind_address(const Server& server) {
    return server.bind == "0.0.0.0" || server.bind == "::" ? std::string() : server.bind;
}

Rule gateway_rule(const Gateway& gateway, const Server& server) {
    return {.kind = "Gateway",
            .ns = gateway.meta.ns.value,
            .name = gateway.meta.name.value,
            .at = server.at};
}

void report_unsupported(const Server& server, Findings& findings) {
    if (!speaks_tls(server.tls.has_value(), server.protocol.value)) {
        findings.error(
            code::kUnsupported, server.protocol.at,
            fmt::format("a server with protocol {} is not played by the lab",
                        server.protocol.value),
            "it plays what TLS comes to: mode PASSTHROUGH, and SIMPLE with one http route");
    } else {
        findings.error(
            code::kUnsupported, server.tls_at, "this server is not played by the lab",
            "it plays mode PASSTHROUGH, and SIMPLE with one VirtualService that has one http "
            "route");
    }
}

}  // namespace sni::routing
