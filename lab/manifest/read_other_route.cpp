// gateway.networking.k8s.io: what the status of a Gateway needs of routes that are not played here.
#include "lab/manifest/loose.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

api::ParentRef parent_of(const yaml::Node& node, const std::string& ns) {
    api::ParentRef parent{.port = loose::number(node, "port")};
    parent.to.at = node.at();
    parent.to.group = loose::text(node, "group", kGatewayApi);
    parent.to.kind = loose::text(node, "kind", "Gateway");
    parent.to.ns = loose::text(node, "namespace", ns);
    parent.to.name = loose::text(node, "name", "");
    parent.section = loose::text(node, "sectionName");
    return parent;
}

}  // namespace

void read_other_route(const yaml::Node& document, std::string_view default_namespace,
                      Manifest& into) {
    const yaml::Node* meta = document.find("metadata");
    const yaml::Node* spec = document.find("spec");
    if (!meta || !spec) return;
    api::Route route{
        .meta = {}, .kind = document.find("kind")->text(), .parents = {}, .hostnames = {}};
    route.meta.at = document.at();
    route.meta.name = loose::text(*meta, "name", "");
    route.meta.ns = loose::text(*meta, "namespace", default_namespace);
    for (const yaml::Node* parent : loose::items(*spec, "parentRefs")) {
        route.parents.push_back(parent_of(*parent, route.meta.ns.value));
    }
    route.hostnames = loose::texts(*spec, "hostnames");
    into.other_routes.push_back(std::move(route));
}

}  // namespace sni::manifest
