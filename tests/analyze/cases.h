// A small lab as manifests, with every part that a case wants to get wrong as a field of its own.
#pragma once

#include <string>
#include <string_view>

namespace sni::test {

/// Everything stands in namespace ns, in flow style, as it would inside its brackets.
struct Lab {
    std::string selector = "istio: ingressgateway";
    std::string port = "number: 443, name: tls, protocol: TLS";
    std::string tls = "tls: {mode: PASSTHROUGH}";
    std::string server_hosts = "a.example.com";
    std::string hosts = "a.example.com";
    std::string gateways = "gateways: [gw]";
    std::string match = "sniHosts: [a.example.com]";
    std::string destination = "host: a";
    std::string rules;  // instead of match and destination
    std::string ports = "{name: tls, port: 443, targetPort: 8443}";
    std::string labels = "app: a";
    std::string container = "name: c, image: i, ports: [{containerPort: 8443, name: open}]";
    std::string volumes;
    std::string more;  // further documents
};

inline std::string document(std::string_view version, std::string_view kind, std::string_view name,
                            std::string_view rest, std::string_view ns = "ns") {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) + ", namespace: " + std::string(ns) + "}\n" +
           std::string(rest) + "\n";
}

inline std::string istio(std::string_view kind, std::string_view name, std::string_view spec) {
    return document("networking.istio.io/v1", kind, name, "spec:\n" + std::string(spec));
}

inline std::string service(std::string_view name, std::string_view selector, std::string_view ports,
                           std::string_view ns = "ns") {
    return document(
        "v1", "Service", name,
        "spec:\n  selector: {" + std::string(selector) + "}\n  ports: [" + std::string(ports) + "]",
        ns);
}

inline std::string deployment(std::string_view name, std::string_view labels,
                              std::string_view container, std::string_view volumes = {}) {
    const std::string l(labels);
    return document("apps/v1", "Deployment", name,
                    "spec:\n  selector: {matchLabels: {" + l +
                        "}}\n  template:\n    metadata: "
                        "{labels: {" +
                        l + "}}\n    spec:\n      containers:\n      - {" + std::string(container) +
                        "}\n      volumes: [" + std::string(volumes) + "]");
}

inline std::string gateway(std::string_view name, const Lab& lab) {
    return istio("Gateway", name,
                 "  selector: {" + lab.selector + "}\n  servers:\n  - port: {" + lab.port +
                     "}\n    hosts: [" + lab.server_hosts + "]\n    " + lab.tls);
}

inline std::string virtual_service(std::string_view name, const Lab& lab) {
    const std::string rules = lab.rules.empty()
                                  ? "  tls:\n  - match: [{" + lab.match +
                                        "}]\n    route: [{destination: {" + lab.destination + "}}]"
                                  : lab.rules;
    return istio("VirtualService", name,
                 "  hosts: [" + lab.hosts + "]\n  " + lab.gateways + "\n" + rules);
}

inline std::string destination_rule(std::string_view host, std::string_view policy) {
    return istio("DestinationRule", "dr",
                 "  host: " + std::string(host) + "\n  " + std::string(policy));
}

inline std::string policy(std::string_view mode) {
    return "trafficPolicy: {tls: {mode: " + std::string(mode) + "}}";
}

inline std::string text_of(const Lab& lab) {
    return service("a", "app: a", lab.ports) +
           deployment("a", lab.labels, lab.container, lab.volumes) + gateway("gw", lab) +
           virtual_service("vs", lab) + lab.more;
}

}  // namespace sni::test
