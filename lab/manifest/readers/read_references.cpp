// How the Gateway API's kinds name hosts, listeners and each other, checked as their CRDs check it
// (apis/v1/shared_types.go, object_reference_types.go).
#include <algorithm>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/read_gateway_api.h"

namespace sni::manifest {

namespace {

/// Lower-case RFC 1123, with or without "*." in front, and no address.
std::optional<std::string> hostname_problem(std::string_view host) {
    if (is_ip_address(host)) return "is an address";
    if (host == "*") return "is no name: leave hostname out to take every one";
    if (is_partial_wildcard(host)) return "has a wildcard that is not its whole first label";
    if (std::ranges::any_of(host, [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return "has capital letters, which the Gateway API does not take";
    }
    return host_problem(host);
}

}  // namespace

void check_hostname(Reading& in, const Text& host) {
    if (const auto problem = hostname_problem(host.value)) {
        in.error(code::kValue, host.at,
                 fmt::format("the hostname {} {}", quote(host.value), *problem), {},
                 host_help(host.value));
    }
}

void check_section(Reading& in, const Text& name) {
    if (name.value.empty() || is_object_name(name.value)) return;
    in.error(
        code::kValue, name.at,
        fmt::format("{} is no name of a listener or a rule", quote(name.value)),
        "only lower-case letters, digits, '-' and '.' may stand in one, and it starts and ends "
        "with a letter or digit");
}

void refuse_empty(Fields& field, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        const yaml::Node* node = field.raw(key);
        const bool empty =
            node && node->kind() == yaml::Kind::scalar && !node->is_null() && node->text().empty();
        if (!empty) continue;
        field.in().error(code::kValue, node->at(), fmt::format("{} is empty", field.path_of(key)),
                         "the Gateway API takes it for a name, and not for left out",
                         "leave it out, or write a name");
    }
}

void read_reference(Fields& field, api::Reference& to) {
    to.at = field.at();
    refuse_empty(field, {"kind", "namespace"});
    field("group", to.group);
    field("kind", to.kind);
    field("namespace", to.ns);
    field("name", to.name, Need::required);
}

api::Reference reference(std::string_view group, std::string_view kind, std::string_view ns) {
    return {.group = {std::string(group), {}},
            .kind = {std::string(kind), {}},
            .ns = {std::string(ns), {}}};
}

bool read_parent(Fields& field, api::ParentRef& parent, const std::string& ns) {
    parent.to = reference(kGatewayApi, "Gateway", ns);
    read_reference(field, parent.to);
    refuse_empty(field, {"sectionName"});
    field("sectionName", parent.section);
    check_section(field.in(), parent.section);
    parent.port = field.port("port");
    return !parent.to.name.value.empty();
}

}  // namespace sni::manifest
