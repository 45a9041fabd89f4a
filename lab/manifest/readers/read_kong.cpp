// Kong's TCPIngress (configuration.konghq.com): rules of a port and perhaps a host. With a host
// Kong ends TLS, unless the annotation konghq.com/protocols says tls_passthrough, which Kong has
// since 2.7, or the KongIngress of konghq.com/override does; without one it takes whatever comes to
// the port. A TLSIngress passes on unless it says otherwise.
#include <algorithm>

#include <fmt/format.h>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_entrance.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

bool is_passthrough(const std::vector<std::string>& protocols) {
    return std::ranges::find(protocols, "tls_passthrough") != protocols.end();
}

}  // namespace

bool read_kong_ingress(const yaml::Node& document, std::string_view version, std::string_view kind,
                       std::string_view default_namespace, Manifest& into) {
    const yaml::Node* meta = document.find("metadata");
    if (!meta || kind != "KongIngress" || !version.starts_with("configuration.konghq.com/"))
        return false;
    const std::string path = loose::text(*meta, "namespace", default_namespace).value + "/" +
                             loose::text(*meta, "name").value;
    std::vector<std::string> protocols;
    if (const yaml::Node* route = document.find("route")) {
        for (const Text& protocol : loose::texts(*route, "protocols")) {
            protocols.push_back(protocol.value);
        }
    }
    into.kong_ingresses.insert_or_assign(path, is_passthrough(protocols));
    return true;
}

void settle_overrides(Manifest& manifest) {
    for (Entrance& entrance : manifest.entrances) {
        if (entrance.override_by.value.empty()) continue;
        const std::string path = entrance.meta.ns.value + "/" + entrance.override_by.value;
        const auto found = manifest.kong_ingresses.find(path);
        if (found == manifest.kong_ingresses.end()) {
            entrance.aside.push_back(
                {fmt::format("KongIngress {}", path), entrance.override_by.at});
            continue;
        }
        for (EntranceRule& rule : entrance.rules) {
            if (found->second && rule.ends == EntranceRule::Ends::gateway)
                rule.ends = EntranceRule::Ends::backend;
        }
    }
}

void read_tcp_ingress(const yaml::Node& document, Entrance& ingress) {
    const yaml::Node& spec = *document.find("spec");
    ingress.gateway = annotation(document, "kubernetes.io/ingress.class");
    if (ingress.gateway.empty()) ingress.gateway = "kong";
    const auto protocols = comma_separated(annotation(document, "konghq.com/protocols"));
    const bool by_kind = ingress.kind == "TLSIngress" && protocols.empty() && !spec.find("tls");
    const bool passed = by_kind || is_passthrough(protocols);
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
    ingress.override_by = {std::string(annotation(document, "konghq.com/override")), document.at()};
}

}  // namespace sni::manifest
