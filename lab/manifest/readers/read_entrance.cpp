#include "lab/manifest/readers/read_entrance.h"

#include "lab/manifest/loose.h"

namespace sni::manifest {

namespace {

struct EntranceKind {
    std::string_view group;
    std::string_view kind;
    void (*read)(const yaml::Node& document, Entrance& entrance);
};

constexpr EntranceKind kEntranceKinds[] = {
    {"networking.k8s.io", "Ingress", read_ingress},
    {"extensions", "Ingress", read_ingress},
    {"traefik.io", "IngressRouteTCP", read_ingress_route_tcp},
    {"traefik.containo.us", "IngressRouteTCP", read_ingress_route_tcp},
    {"projectcontour.io", "HTTPProxy", read_http_proxy},
    {"route.openshift.io", "Route", read_openshift_route},
    {"configuration.konghq.com", "TCPIngress", read_tcp_ingress},
    {"configuration.konghq.com", "TLSIngress", read_tcp_ingress},
};

}  // namespace

std::string_view annotation(const yaml::Node& document, std::string_view name) {
    const yaml::Node* found = loose::at(document, {"metadata", "annotations", name});
    return found ? std::string_view(found->text()) : std::string_view();
}

bool read_entrance(const yaml::Node& document, std::string_view version, std::string_view kind,
                   std::string_view default_namespace, Manifest& into) {
    const std::string_view group = version.substr(0, version.find('/'));
    const yaml::Node* meta = document.find("metadata");
    if (!meta) return false;
    const Text ns = loose::text(*meta, "namespace", default_namespace);
    if (group == "configuration.konghq.com" && kind == "KongIngress") {
        read_kong_ingress(document, ns.value + "/" + loose::text(*meta, "name").value, into);
        return true;
    }
    if (!document.find("spec")) return false;
    for (const EntranceKind& known : kEntranceKinds) {
        if (known.group != group || known.kind != kind) continue;
        Entrance entrance{.meta = {}, .kind = std::string(kind), .gateway = {}};
        entrance.meta.at = document.at();
        entrance.meta.name = loose::text(*meta, "name");
        entrance.meta.ns = ns;
        entrance.meta.created = loose::text(*meta, "creationTimestamp").value;
        known.read(document, entrance);
        if (entrance.rules.empty() && entrance.aside.empty()) return false;
        into.entrances.push_back(std::move(entrance));
        return true;
    }
    return false;
}

}  // namespace sni::manifest
