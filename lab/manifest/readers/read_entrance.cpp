#include "lab/manifest/readers/read_entrance.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lab/manifest/loose.h"

namespace sni::manifest {

namespace {

constexpr EntranceKind kEntranceKinds[] = {
    {"networking.k8s.io", "Ingress", read_ingress, kIngressShape},
    {"extensions", "Ingress", read_ingress, kIngressShape},
    {"traefik.io", "IngressRouteTCP", read_ingress_route_tcp, kIngressRouteTcpShape,
     Contest::priority},
    {"traefik.containo.us", "IngressRouteTCP", read_ingress_route_tcp, kIngressRouteTcpShape,
     Contest::priority},
    {"projectcontour.io", "HTTPProxy", read_http_proxy, kHttpProxyShape, Contest::nobody},
    {"route.openshift.io", "Route", read_openshift_route, kOpenshiftRouteShape},
    {"configuration.konghq.com", "TCPIngress", read_tcp_ingress, kTcpIngressShape},
    {"configuration.konghq.com", "TLSIngress", read_tcp_ingress, kTcpIngressShape},
};

}  // namespace

std::string_view annotation(const yaml::Node& document, std::string_view name) {
    const yaml::Node* found = loose::at(document, {"metadata", "annotations", name});
    return found ? std::string_view(found->text()) : std::string_view();
}

const EntranceKind* entrance_kind_of(std::string_view version, std::string_view kind) {
    const std::string_view group = version.substr(0, version.find('/'));
    const auto found = std::ranges::find_if(kEntranceKinds, [&](const EntranceKind& known) {
        return known.group == group && known.kind == kind;
    });
    return found == std::end(kEntranceKinds) ? nullptr : found;
}

void check_entrance(yaml::Fields& document, const EntranceKind& kind) {
    document.in().unknown_level = Level::warning;
    document.object("spec", [&](yaml::Fields& spec) { check_shape(spec, kind.spec); });
    document.done();
}

bool read_entrance(const yaml::Node& document, const EntranceKind& kind, Meta meta,
                   Manifest& into) {
    const yaml::Node* spec = document.find("spec");
    if (!spec) return false;
    Entrance entrance{.meta = std::move(meta),
                      .kind = std::string(kind.kind),
                      .gateway = {},
                      .contest = kind.contest};
    kind.read(document, entrance);
    const bool counts =
        !entrance.rules.empty() || !entrance.aside.empty() || !entrance.plain_hosts.empty();
    if (counts) into.entrances.push_back(std::move(entrance));
    return counts;
}

}  // namespace sni::manifest
