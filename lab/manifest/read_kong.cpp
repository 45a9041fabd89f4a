// Kong's TCPIngress (configuration.konghq.com): rules of a port and perhaps a host. With a host
// Kong ends TLS, unless the annotation konghq.com/protocols says tls_passthrough, which Kong has
// since 2.7; without one it takes whatever comes to the port.
#include "lab/manifest/loose.h"
#include "lab/manifest/read_entrance.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

void read_tcp_ingress(const yaml::Node& document, Entrance& ingress) {
    const yaml::Node& spec = *document.find("spec");
    ingress.gateway = annotation(document, "kubernetes.io/ingress.class");
    if (ingress.gateway.empty()) ingress.gateway = "kong";
    bool passed = false;
    for (const std::string& word : comma_separated(annotation(document, "konghq.com/protocols"))) {
        passed = passed || word == "tls_passthrough";
    }
    for (const yaml::Node* node : loose::items(spec, "rules")) {
        const Text host = loose::text(*node, "host");
        const auto port = loose::number(*node, "port");
        EntranceRule rule{.ends = host.value.empty() ? EntranceRule::Ends::raw
                                  : passed           ? EntranceRule::Ends::backend
                                                     : EntranceRule::Ends::gateway,
                          .hosts = {host.value.empty() ? Text{"*", node->at()} : host},
                          .backends = {},
                          .at = node->at()};
        if (port && port->value > 0 && port->value <= 65'535)
            rule.port = static_cast<std::uint16_t>(port->value);
        if (const yaml::Node* backend = node->find("backend")) {
            rule.backends.push_back({.service = loose::text(*backend, "serviceName"),
                                     .ns = ingress.meta.ns,
                                     .port = loose::text(*backend, "servicePort")});
        }
        ingress.rules.push_back(std::move(rule));
    }
    if (!annotation(document, "konghq.com/override").empty())
        ingress.aside.push_back({"the KongIngress of konghq.com/override", document.at()});
}

}  // namespace sni::manifest
