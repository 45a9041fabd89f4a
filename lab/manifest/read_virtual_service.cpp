// networking.istio.io: VirtualService, checked as read_istio_gateway.cpp checks Gateways.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

/// Ports had names in Istio's first versions, and old pages still show them.
void read_destination_port(Fields& port, Destination& destination) {
    const yaml::Node* name = port.raw("name");
    if (!name || port.has("number")) {
        destination.port = port.port("number", Need::required);
        return;
    }
    port.ignore({"number"});
    port.in().error(code::kSchema, name->at(),
                    fmt::format("{} is no longer there", port.path_of("name")),
                    "Istio took names of ports away from destinations", "write port: {number: …}");
}

void read_destination(Fields& route, VirtualService& service, TlsRoute& rule) {
    Destination destination;
    destination.weight = route.number("weight").value_or(Number{0, route.at()});
    Reading& in = route.in();
    if (destination.weight.value < 0 || destination.weight.value > 2'147'483'647) {
        in.error(code::kSchema, destination.weight.at,
                 fmt::format("the weight {} is out of range", destination.weight.value), {},
                 "weights go from 0 to 2147483647");
        destination.weight.value = 0;
    }
    const bool present = route.object(
        "destination",
        [&](Fields& fields) {
            if (auto host = fields.text("host", Need::required)) destination.host = *host;
            fields.object("port", [&](Fields& port) { read_destination_port(port, destination); });
            destination.subset = text_or(fields.text("subset"), "", fields.at());
        },
        Need::required);
    if (present && !destination.host.value.empty()) {
        rule.destinations.push_back(std::move(destination));
    } else {
        service.meta.flawed = true;
    }
}

void read_match(Fields& fields, TlsRoute& rule) {
    TlsMatch match;
    match.sni_hosts = fields.texts("sniHosts", Need::required);
    match.port = fields.port("port");
    match.gateways = fields.texts("gateways");
    for (const std::string_view key :
         {"sourceLabels", "sourceNamespace", "destinationSubnets", "sourceSubnet"}) {
        const yaml::Node* node = fields.raw(key);
        if (node && !node->is_null()) match.ignored.push_back({std::string(key), node->at()});
    }
    rule.matches.push_back(std::move(match));
}

void check_weights(const TlsRoute& rule, Reading& in) {
    const bool all_zero = std::ranges::all_of(
        rule.destinations, [](const Destination& d) { return d.weight.value == 0; });
    if (rule.destinations.size() > 1 && all_zero) {
        in.error(code::kSchema, rule.destinations.front().weight.at,
                 "none of these destinations has a weight", {},
                 "give each its share, as in weight: 50");
    }
}

void read_tls_rule(Fields& fields, VirtualService& service) {
    TlsRoute rule{.at = fields.at()};
    fields.objects("match", [&](Fields& match) { read_match(match, rule); }, Need::required);
    fields.objects(
        "route", [&](Fields& route) { read_destination(route, service, rule); }, Need::required);
    check_weights(rule, fields.in());
    service.tls.push_back(std::move(rule));
}

/// Where a rule's `key` leads: a destination, or a list of those with weights.
void read_aside(const yaml::Node& rule, std::string_view key, Reading& in, const Path& path,
                VirtualService& service) {
    const yaml::Node* node = rule.find(key);
    if (!node) return;
    TlsRoute found{.at = node->at()};
    if (node->kind() == yaml::Kind::mapping) {  // mirror: {host: …}
        if (auto host = Fields(in, *node, path).text("host")) {
            service.aside.push_back({.host = std::move(*host), .subset = {}, .port = {}});
        }
        return;
    }
    Fields fields(in, rule, path);
    fields.objects(key, [&](Fields& route) {
        route.ignore({"percentage", "headers"});
        read_destination(route, service, found);
    });
    std::ranges::move(found.destinations, std::back_inserter(service.aside));
}

/// Rules that only redirect or answer have no destination, and are none for us.
void read_http_rule(const yaml::Node& node, Reading& in, const Path& path,
                    VirtualService& service) {
    if (node.kind() != yaml::Kind::mapping) return;
    read_aside(node, "mirror", in, path, service);
    read_aside(node, "mirrors", in, path, service);
    if (!node.find("route")) return;
    Fields fields(in, node, path);
    TlsRoute rule{.at = fields.at()};
    fields.objects("route", [&](Fields& route) {
        route.ignore({"headers"});
        read_destination(route, service, rule);
    });
    bool unconditional = true;
    for (const auto& entry : node.entries()) {
        unconditional = unconditional && (entry.key.value == "route" || entry.key.value == "name");
    }
    if (rule.destinations.empty()) return;
    service.http_rules.push_back({std::move(rule.destinations), unconditional, rule.at});
}

/// What has no hosts is for another VirtualService to delegate to, which takes http rules only.
void check_delegate(const VirtualService& service, Fields& spec) {
    Reading& in = spec.in();
    if (!service.http) {
        in.error(code::kSchema, spec.at(), "spec.hosts is missing",
                 "only one to delegate to has none, and that one has http rules",
                 "list the names that it is for");
    } else if (!service.tls.empty() || service.tcp) {
        const bool only_tcp = service.tcp && service.tls.empty();
        in.error(code::kSchema, only_tcp ? *service.tcp : service.tls.front().at,
                 "a VirtualService without hosts has http rules only",
                 "without hosts it is one to delegate to", "list the hosts, or remove these rules");
    } else if (!service.gateways.empty()) {
        in.error(code::kSchema, service.gateways.front().at,
                 "a VirtualService without hosts cannot name gateways",
                 "it is one to delegate to, and the one that delegates names them",
                 "remove gateways, or list the hosts");
    }
}

/// Gateways between networks have names of Istio's own making: outbound_.443_._.HOST.
std::optional<std::string> bound_host_problem(const VirtualService& service,
                                              std::string_view host) {
    const bool bound = std::ranges::any_of(service.gateways,
                                           [](const Text& name) { return name.value != "mesh"; });
    if (bound) host = without_direction(host);
    return host_problem(host);
}

void read_tcp_rule(Fields& fields, VirtualService& service) {
    TcpRule rule{.matches = {}, .destinations = {}, .at = fields.at()};
    fields.objects("match", [&](Fields& match) {
        TcpRule::Match one{.port = match.port("port"), .gateways = match.texts("gateways")};
        match.ignore({"destinationSubnets", "sourceLabels", "sourceNamespace", "sourceSubnet"});
        rule.matches.push_back(std::move(one));
    });
    TlsRoute routes{.at = fields.at()};
    fields.objects("route", [&](Fields& route) { read_destination(route, service, routes); });
    std::ranges::copy(routes.destinations, std::back_inserter(service.aside));
    rule.destinations = std::move(routes.destinations);
    service.tcp_rules.push_back(std::move(rule));
}

void check_hosts(const VirtualService& service, Reading& in) {
    HostSet seen;
    const bool in_mesh =
        service.gateways.empty() ||
        std::ranges::find(service.gateways, "mesh", &Text::value) != service.gateways.end();
    for (const Text& host : service.hosts) {
        if (host.value == "*" && in_mesh) {
            in.error(code::kSchema, host.at,
                     "in the mesh a VirtualService cannot be for every host",
                     service.gateways.empty() ? "without gateways it is for the mesh" : "",
                     service.gateways.empty() ? "name a Gateway under spec.gateways, or list names"
                                              : "remove mesh from spec.gateways, or list names");
        }
        if (const auto problem = bound_host_problem(service, host.value)) {
            in.error(code::kSchema, host.at,
                     fmt::format("the host {} {}", quote(host.value), *problem), {},
                     host_help(host.value));
            continue;
        }
        if (seen.overlaps(host.value)) {
            in.error(code::kSchema, host.at,
                     fmt::format("the host {} overlaps another one of this VirtualService",
                                 quote(host.value)),
                     {}, "keep the wider one");
        }
        seen.add(host.value);
    }
}

/// Istio compares letter by letter, capitals included.
void check_sni_hosts(const VirtualService& service, Reading& in) {
    HostSet hosts;
    for (const Text& host : service.hosts) {
        hosts.add(host.value);
    }
    for (const TlsRoute& rule : service.tls) {
        for (const TlsMatch& match : rule.matches) {
            for (const Text& sni : match.sni_hosts) {
                if (const auto problem = bound_host_problem(service, sni.value)) {
                    in.error(code::kSchema, sni.at,
                             fmt::format("the SNI host {} {}", quote(sni.value), *problem), {},
                             host_help(sni.value));
                } else if (!hosts.covers(sni.value)) {
                    in.error(
                        code::kSchema, sni.at,
                        fmt::format("the SNI host {} is not among this VirtualService's hosts",
                                    quote(sni.value)),
                        "Istio refuses a name that spec.hosts does not cover, letter by letter",
                        "add it to spec.hosts, or correct one of the two");
                } else if (is_ip_address(sni.value)) {
                    in.warning(code::kSchemaWarning, sni.at,
                               fmt::format("{} is an address, which no client sends as SNI",
                                           quote(sni.value)),
                               "RFC 6066 allows only names there", "remove it");
                }
            }
        }
    }
}

}  // namespace

void read_virtual_service(Fields& document, Meta meta, Manifest& into) {
    VirtualService service;
    document.object(
        "spec",
        [&](Fields& spec) {
            const bool names = spec.has("hosts") && !spec.raw("hosts")->items().empty();
            service.hosts = spec.texts("hosts");
            service.gateways = spec.texts("gateways");
            service.export_to = spec.texts("exportTo");
            spec.objects("tls", [&](Fields& rule) { read_tls_rule(rule, service); });
            // Of these kinds only http rules are run, by gateways that end TLS; nobody asks what
            // else is in them.
            const auto rules = [&](std::string_view key) -> std::optional<Spot> {
                const yaml::Node* node = spec.raw(key);
                if (!node || node->is_null()) return std::nullopt;
                if (node->kind() != yaml::Kind::sequence) {
                    spec.in().error(code::kSchema, node->at(),
                                    fmt::format("{} must be a list", spec.path_of(key)));
                }
                if (node->items().empty()) return std::nullopt;
                return node->items().front().at();
            };
            service.http = rules("http");
            if (service.http) {
                const Path path{.parent = &spec.path(), .key = "http"};
                for (const yaml::Node& rule : spec.raw("http")->items()) {
                    read_http_rule(rule, spec.in(), path, service);
                }
            }
            service.tcp = rules("tcp");
            spec.objects("tcp", [&](Fields& rule) { read_tcp_rule(rule, service); });
            if (!names && !spec.in().flawed) check_delegate(service, spec);
            if (service.tls.empty() && !service.http && !service.tcp && !spec.in().flawed) {
                spec.in().error(code::kSchema, spec.at(), "the VirtualService has no rules", {},
                                "add tls rules with match and route");
            }
            check_hosts(service, spec.in());
            check_sni_hosts(service, spec.in());
        },
        Need::required);
    document.done();
    meta.flawed = service.meta.flawed || document.in().flawed;
    service.meta = std::move(meta);
    into.virtual_services.push_back(std::move(service));
}

}  // namespace sni::manifest
