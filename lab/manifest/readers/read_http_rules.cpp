// The http rules of a VirtualService, as far as they lead somewhere: gateways that end TLS run
// them, and nobody asks what else is in them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

using yaml::Node;

/// Where a rule's `key` leads: a destination, or a list of those with weights.
void read_aside(const Node& rule, std::string_view key, Reading& in, const Path& path,
                VirtualService& service) {
    const Node* node = rule.find(key);
    if (!node) return;
    if (node->kind() == yaml::Kind::mapping) {  // mirror: {host: …}
        if (auto host = Fields(in, *node, path).text("host")) {
            service.aside.push_back({.host = std::move(*host), .subset = {}, .port = {}});
        }
        return;
    }
    Fields fields(in, rule, path);
    fields.objects(key, [&](Fields& route) {
        route.ignore({"percentage", "headers"});
        read_destination(route, service, service.aside);
    });
}

bool has(const Node& rule, std::string_view key) {
    const Node* node = rule.find(key);
    return node && !node->is_null() && (key != "route" || !node->items().empty());
}

/// A rule does one thing with a request (pkg/config/validation/virtualservice.go,
/// validateHTTPRouteConflict).
void check_action(const Node& rule, const VirtualService& service, Reading& in) {
    struct Conflict {
        std::string_view one;
        std::string_view other;
    };
    constexpr std::array<Conflict, 9> kConflicts = {{{"delegate", "redirect"},
                                                     {"delegate", "route"},
                                                     {"redirect", "route"},
                                                     {"redirect", "fault"},
                                                     {"redirect", "rewrite"},
                                                     {"redirect", "directResponse"},
                                                     {"directResponse", "route"},
                                                     {"directResponse", "fault"},
                                                     {"directResponse", "rewrite"}}};
    const bool is_delegate = service.hosts.empty();
    if (has(rule, "delegate") && is_delegate) {
        return in.error(code::kSchema, rule.find("delegate")->at(),
                        "one to delegate to cannot delegate", "it has no hosts", "list the hosts");
    }
    for (const Conflict& conflict : kConflicts) {
        if (!has(rule, conflict.one) || !has(rule, conflict.other)) continue;
        return in.error(
            code::kSchema, rule.find(conflict.other)->at(),
            fmt::format("an http rule cannot have both {} and {}", conflict.one, conflict.other),
            {}, "keep one of them");
    }
    const bool acts = has(rule, "route") || has(rule, "redirect") || has(rule, "directResponse") ||
                      has(rule, "delegate");
    if (!acts) {
        in.error(code::kSchema, rule.at(), "this http rule does nothing with a request", {},
                 "add route, redirect or directResponse");
    }
    if (has(rule, "mirror") && has(rule, "mirrors") && !rule.find("mirrors")->items().empty()) {
        in.error(code::kSchema, rule.find("mirror")->at(),
                 "an http rule cannot have both mirror and mirrors", {}, "keep mirrors");
    }
}

/// Rules that only redirect or answer have no destination, and are none for us.
void read_rule(const Node& node, Reading& in, const Path& path, VirtualService& service) {
    if (node.kind() != yaml::Kind::mapping) return;
    check_action(node, service, in);
    read_aside(node, "mirror", in, path, service);
    read_aside(node, "mirrors", in, path, service);
    if (!node.find("route")) return;
    Fields fields(in, node, path);
    HttpRule rule{.destinations = {}, .at = fields.at()};
    fields.objects("route", [&](Fields& route) {
        route.ignore({"headers"});
        read_destination(route, service, rule.destinations);
    });
    rule.unconditional = std::ranges::all_of(node.entries(), [](const yaml::Entry& entry) {
        return entry.key.value == "route" || entry.key.value == "name";
    });
    if (!rule.destinations.empty()) service.http_rules.push_back(std::move(rule));
}

}  // namespace

void read_http_rules(Fields& spec, VirtualService& service) {
    service.http = rules_at(spec, "http");
    if (!service.http) return;
    const Path path{.parent = &spec.path(), .key = "http"};
    for (const Node& rule : spec.raw("http")->items()) {
        read_rule(rule, spec.in(), path, service);
    }
}

}  // namespace sni::manifest
