// gateway.networking.k8s.io: what the status of a Gateway needs of routes that are not played here.
#include <algorithm>
#include <array>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"

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

api::BackendRef backend_of(const yaml::Node& node, const std::string& ns) {
    api::BackendRef backend{.to = {}, .port = loose::number(node, "port"), .weight = {}};
    backend.to.at = node.at();
    backend.to.group = loose::text(node, "group", "");
    backend.to.kind = loose::text(node, "kind", "Service");
    backend.to.ns = loose::text(node, "namespace", ns);
    backend.to.name = loose::text(node, "name", "");
    backend.weight = loose::number(node, "weight").value_or(Number{1, node.at()});
    return backend;
}

bool is_header_filter(std::string_view filter) {
    return filter == "RequestHeaderModifier" || filter == "ResponseHeaderModifier";
}

bool is_known_filter(std::string_view kind, std::string_view filter) {
    constexpr std::array<std::string_view, 3> kHttp = {"RequestRedirect", "URLRewrite", "CORS"};
    return is_header_filter(filter) || filter == "RequestMirror" ||
           (kind == "HTTPRoute" && std::ranges::find(kHttp, filter) != kHttp.end());
}

/// Of a backendRef only headers can be changed.
bool has_odd_filter(const yaml::Node& backend) {
    return !std::ranges::all_of(loose::items(backend, "filters"), [](const yaml::Node* filter) {
        return is_header_filter(loose::text(*filter, "type").value);
    });
}

/// Of filters what Istio takes counts: one that it does not take makes the whole route void
/// (pilot/pkg/config/kube/gateway/conversion.go, convertHTTPRoute and convertGRPCRoute).
api::RouteRule rule_of(const yaml::Node& node, std::string_view kind, const std::string& ns) {
    api::RouteRule rule{.backends = {}, .mirrors = {}, .at = node.at()};
    for (const yaml::Node* filter : loose::items(node, "filters")) {
        rule.odd_filter = !is_known_filter(kind, loose::text(*filter, "type").value);
        if (rule.odd_filter) break;
        const yaml::Node* mirror = loose::at(*filter, {"requestMirror", "backendRef"});
        if (mirror) rule.mirrors.push_back(backend_of(*mirror, ns));
    }
    for (const yaml::Node* backend : loose::items(node, "backendRefs")) {
        rule.backends.push_back(backend_of(*backend, ns));
        rule.backends.back().odd_filter = has_odd_filter(*backend);
    }
    return rule;
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
    for (const yaml::Node* rule : loose::items(*spec, "rules")) {
        route.rules.push_back(rule_of(*rule, route.kind, route.meta.ns.value));
    }
    into.other_routes.push_back(std::move(route));
}

}  // namespace sni::manifest
