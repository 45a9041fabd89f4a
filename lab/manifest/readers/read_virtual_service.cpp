// networking.istio.io: VirtualService, checked as read_istio_gateway.cpp checks Gateways.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

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

void read_match(Fields& field, TlsMatch& match) {
    field("sniHosts", match.sni_hosts, Need::required);
    match.port = field.port_or_zero("port");
    field("gateways", match.gateways);
    check_gateway_names(match.gateways, field.in());
    check_subnets("destinationSubnets", field.texts("destinationSubnets"), field.in());
    const auto labels = field.labels("sourceLabels");
    check_labels(labels.value, labels.at, field.in());
    for (const std::string_view key :
         {"sourceLabels", "sourceNamespace", "destinationSubnets", "sourceSubnet"}) {
        if (const yaml::Node* node = field.given(key))
            match.ignored.push_back({std::string(key), node->at()});
    }
}

/// Of a tls or a tcp rule.
template <class Rule>
void check_weights(const Rule& rule, Reading& in) {
    const bool all_zero = std::ranges::all_of(
        rule.destinations, [](const Destination& d) { return d.weight.value == 0; });
    if (rule.destinations.size() > 1 && all_zero) {
        in.error(code::kSchema, rule.destinations.front().weight.at,
                 "none of these destinations has a weight", {},
                 "give each its share, as in weight: 50");
    }
}

void read_tls_rule(Fields& field, VirtualService& service, TlsRoute& rule) {
    field("match", rule.matches, read_match, Need::required);
    const auto read = [&](Fields& route) { read_destination(route, service, rule.destinations); };
    field.objects("route", read, Need::required);
    check_weights(rule, field.in());
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
    if (service.is_for_gateways()) host = without_direction(host);
    return host_problem(host);
}

void read_tcp_match(Fields& field, TcpRule::Match& match) {
    match.port = field.port_or_zero("port");
    field("gateways", match.gateways);
    check_gateway_names(match.gateways, field.in());
    check_subnets("destinationSubnets", field.texts("destinationSubnets"), field.in());
    const auto labels = field.labels("sourceLabels");
    check_labels(labels.value, labels.at, field.in());
    field.ignore({"sourceNamespace", "sourceSubnet"});
}

void read_tcp_rule(Fields& field, VirtualService& service, TcpRule& rule) {
    field("match", rule.matches, read_tcp_match);
    const auto read = [&](Fields& route) { read_destination(route, service, rule.destinations); };
    field.objects("route", read, Need::required);
    check_weights(rule, field.in());
    std::ranges::copy(rule.destinations, std::back_inserter(service.aside));
}

void check_hosts(const VirtualService& service, Reading& in) {
    HostSet seen;
    const bool in_mesh = service.is_for_mesh();
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
                } else if (is_ip_address(sni.value)) {
                    in.warning(code::kSchemaWarning, sni.at,
                               fmt::format("{} is an address, which no client sends as SNI",
                                           quote(sni.value)),
                               "RFC 6066 allows only names there", "remove it");
                } else if (!hosts.covers(sni.value)) {
                    in.error(
                        code::kSchema, sni.at,
                        fmt::format("the SNI host {} is not among this VirtualService's hosts",
                                    quote(sni.value)),
                        "Istio refuses a name that spec.hosts does not cover, letter by letter",
                        "add it to spec.hosts, or correct one of the two");
                }
            }
        }
    }
}

}  // namespace

void read_destination(Fields& route, VirtualService& service, std::vector<Destination>& into) {
    Destination destination;
    route("weight", destination.weight);
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
            fields("host", destination.host, Need::required);
            fields.object("port", [&](Fields& port) { read_destination_port(port, destination); });
            fields("subset", destination.subset);
        },
        Need::required);
    check_destination(destination, in);
    if (present && !destination.host.value.empty()) {
        into.push_back(std::move(destination));
    } else {
        service.meta.flawed = true;
    }
}

std::optional<Spot> rules_at(Fields& spec, std::string_view kind) {
    const yaml::Node* node = spec.raw(kind);
    if (!node || node->is_null()) return std::nullopt;
    if (node->kind() != yaml::Kind::sequence) {
        spec.in().error(code::kSchema, node->at(),
                        fmt::format("{} must be a list", spec.path_of(kind)));
    }
    if (node->items().empty()) return std::nullopt;
    return node->items().front().at();
}

void read_virtual_service(Fields& field, VirtualService& service) {
    const bool names = field.has("hosts") && !field.raw("hosts")->items().empty();
    field("hosts", service.hosts);
    field("gateways", service.gateways);
    check_gateway_names(service.gateways, field.in());
    field("exportTo", service.export_to);
    check_export(service.export_to, service.meta.ns.value, Exported::rule, field.in());
    const auto tls = [&](Fields& fields, TlsRoute& rule) { read_tls_rule(fields, service, rule); };
    field("tls", service.tls, tls);
    read_http_rules(field, service);
    service.tcp = rules_at(field, "tcp");
    const auto tcp = [&](Fields& fields, TcpRule& rule) { read_tcp_rule(fields, service, rule); };
    field("tcp", service.tcp_rules, tcp);
    read_matches(field, service);
    if (service.claim && service.is_for_mesh()) {
        field.in().error(
            code::kSchema, service.claim->at,
            fmt::format("sidecars cannot choose by {}", quote(service.claim->value)),
            "claims of tokens are for gateways, and Istio refuses a VirtualService for "
            "the mesh that has them",
            "remove mesh from spec.gateways, or name a Gateway");
    }
    if (!names && !field.in().flawed) check_delegate(service, field);
    if (service.tls.empty() && !service.http && !service.tcp && !field.in().flawed) {
        field.in().error(code::kSchema, field.at(), "the VirtualService has no rules", {},
                         "add tls rules with match and route");
    }
    check_hosts(service, field.in());
    check_sni_hosts(service, field.in());
}

}  // namespace sni::manifest
