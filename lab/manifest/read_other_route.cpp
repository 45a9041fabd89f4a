// gateway.networking.k8s.io: what the status of a Gateway needs of routes that are not played here.
#include <algorithm>
#include <array>
#include <charconv>

#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

Text text_at(const yaml::Node& node, std::string_view key, std::string_view otherwise) {
    const yaml::Node* found = node.find(key);
    if (!found || found->kind() != yaml::Kind::scalar || found->is_null())
        return {std::string(otherwise), node.at()};
    return {found->text(), found->at()};
}

std::vector<const yaml::Node*> items_at(const yaml::Node& node, std::string_view key) {
    std::vector<const yaml::Node*> items;
    const yaml::Node* found = node.find(key);
    if (!found || found->kind() != yaml::Kind::sequence) return items;
    for (const yaml::Node& item : found->items()) {
        items.push_back(&item);
    }
    return items;
}

std::optional<Number> number_at(const yaml::Node& node, std::string_view key) {
    const Text text = text_at(node, key, "");
    std::int64_t value = 0;
    const char* const end = text.value.data() + text.value.size();
    const auto read = std::from_chars(text.value.data(), end, value);
    if (text.value.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return Number{value, text.at};
}

api::ParentRef parent_of(const yaml::Node& node, const std::string& ns) {
    api::ParentRef parent{.port = number_at(node, "port")};
    parent.to.at = node.at();
    parent.to.group = text_at(node, "group", kGatewayApi);
    parent.to.kind = text_at(node, "kind", "Gateway");
    parent.to.ns = text_at(node, "namespace", ns);
    parent.to.name = text_at(node, "name", "");
    parent.section = text_at(node, "sectionName", "");
    return parent;
}

}  // namespace

void read_other_route(const yaml::Node& document, std::string_view kind,
                      std::string_view default_namespace, Manifest& into) {
    constexpr std::array<std::string_view, 2> kKinds = {"HTTPRoute", "GRPCRoute"};
    const yaml::Node* meta = document.find("metadata");
    const yaml::Node* spec = document.find("spec");
    if (std::ranges::find(kKinds, kind) == kKinds.end() || !meta || !spec) return;
    api::Route route{.meta = {}, .kind = std::string(kind), .parents = {}, .hostnames = {}};
    route.meta.at = document.at();
    route.meta.name = text_at(*meta, "name", "");
    route.meta.ns = text_at(*meta, "namespace", default_namespace);
    for (const yaml::Node* parent : items_at(*spec, "parentRefs")) {
        route.parents.push_back(parent_of(*parent, route.meta.ns.value));
    }
    for (const yaml::Node* host : items_at(*spec, "hostnames")) {
        if (host->kind() == yaml::Kind::scalar)
            route.hostnames.push_back({host->text(), host->at()});
    }
    into.other_routes.push_back(std::move(route));
}

}  // namespace sni::manifest
