// networking.istio.io: DestinationRule and ServiceEntry, as far as they change where a
// passed-through connection goes and what is put around it.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

constexpr std::array<std::string_view, 4> kClientModes = {"DISABLE", "SIMPLE", "MUTUAL",
                                                          "ISTIO_MUTUAL"};

constexpr std::array<std::string_view, 2> kLocations = {"MESH_EXTERNAL", "MESH_INTERNAL"};
constexpr std::array<std::string_view, 5> kResolutions = {"NONE", "STATIC", "DNS",
                                                          "DNS_ROUND_ROBIN", "DYNAMIC_DNS"};

/// pkg/config/protocol/instance.go
constexpr std::array<std::string_view, 12> kEntryProtocols = {
    "TCP",   "UDP",   "GRPC", "GRPC-WEB", "HTTP",  "HTTP_PROXY",
    "HTTP2", "HTTPS", "TLS",  "MONGO",    "REDIS", "MYSQL"};

std::optional<ClientTls> read_client_tls(Fields& policy) {
    std::optional<ClientTls> read;
    policy.object("tls", [&](Fields& tls) {
        tls.ignore({"clientCertificate", "privateKey", "subjectAltNames", "sni",
                    "insecureSkipVerify", "caCrl"});
        ClientTls client{.mode = {"DISABLE", {}}, .port = {}};
        tls("mode", client.mode);
        client.has_authority = tls.given("caCertificates") != nullptr;
        client.has_credential = tls.given("credentialName") != nullptr;
        if (std::ranges::find(kClientModes, client.mode.value) == kClientModes.end()) {
            tls.in().error(code::kSchema, client.mode.at,
                           fmt::format("there is no TLS mode {}", quote(client.mode.value)), {},
                           "write DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL");
        }
        read = std::move(client);
    });
    return read;
}

/// What would come before the ClientHello on the way to the backend: to leave it out in silence
/// would be to prove another gateway.
void refuse_preface(Fields& policy) {
    constexpr std::pair<const char*, const char*> kPrefaces[] = {
        {"tunnel", "sends it to somebody else, inside a CONNECT"},
        {"proxyProtocol", "puts a PROXY header before it; lab.yaml can have the router do that"}};
    for (const auto& [key, does] : kPrefaces) {
        const yaml::Node* const node = policy.raw(key);
        if (!node || node->is_null()) continue;
        policy.in().unsupported(node->at(), fmt::format("{} is not played", policy.path_of(key)),
                                fmt::format("Istio {}", does));
    }
}

void ignore_traffic_fields(Fields& policy) {
    policy.ignore({"loadBalancer", "connectionPool", "outlierDetection", "retryBudget"});
}

/// Istio refuses a policy that says nothing (validateTrafficPolicy).
void check_says_something(Fields& policy) {
    constexpr std::array<std::string_view, 7> kFields = {
        "outlierDetection", "connectionPool", "loadBalancer", "tls",
        "tunnel",           "proxyProtocol",  "retryBudget"};
    const bool says = policy.given("portLevelSettings") ||
                      std::ranges::any_of(kFields, [&](std::string_view key) {
                          const yaml::Node* node = policy.raw(key);
                          return node && !node->is_null();
                      });
    if (says) return;
    policy.in().error(code::kSchema, policy.at(), "this trafficPolicy says nothing", {},
                      "add loadBalancer, tls or the like, or remove it");
}

void read_traffic_policy(Fields& fields, std::vector<ClientTls>& into) {
    const yaml::Node* node = fields.raw("trafficPolicy");
    if (!node || node->is_null()) return;
    fields.object("trafficPolicy", [&](Fields& policy) {
        check_says_something(policy);
        ignore_traffic_fields(policy);
        refuse_preface(policy);
        if (auto tls = read_client_tls(policy)) into.push_back(std::move(*tls));
        policy.objects("portLevelSettings", [&](Fields& level) {
            ignore_traffic_fields(level);
            std::optional<Number> port;
            level.object("port", [&](Fields& p) { port = p.port("number", Need::required); });
            // Settings of a port without tls take the host's away.
            ClientTls tls = read_client_tls(level).value_or(
                ClientTls{.mode = {"DISABLE", level.at()}, .port = {}});
            if (!port) return;
            tls.port = port;
            into.push_back(std::move(tls));
        });
    });
}

void read_subset(Fields& field, Subset& subset) {
    field("name", subset.name, Need::required);
    check_subset_name(field.in(), subset.name);
    subset.labels = field.labels("labels");
    read_traffic_policy(field, subset.tls);
}

void check_subsets_apart(const std::vector<Subset>& subsets, Reading& in) {
    std::set<std::string_view> names;
    for (const Subset& subset : subsets) {
        if (names.insert(subset.name.value).second) continue;
        in.error(code::kSchema, subset.name.at,
                 fmt::format("two subsets are named {}", quote(subset.name.value)), {},
                 "rename one of them");
    }
}

bool read_entry_port(Fields& field, ServiceEntryPort& port) {
    const bool numbered = field.port("number", port.number, Need::required);
    if (field("name", port.name, Need::required) && !is_label(port.name.value)) {
        field.in().error(code::kSchema, port.name.at,
                         fmt::format("{} is no name of a port", quote(port.name.value)),
                         "only letters, digits and '-' may stand in one, 63 at most");
    }
    field("protocol", port.protocol);
    port.protocol.value = to_upper_ascii(port.protocol.value);
    if (!port.protocol.value.empty())
        check_word(field.in(), "protocol", port.protocol, kEntryProtocols);
    port.target_port = field.port_or_zero("targetPort");
    return numbered;
}

bool read_entry_endpoint(Fields& field, EntryEndpoint& endpoint) {
    field.ignore({"ports", "network", "locality", "weight", "serviceAccount"});
    endpoint.labels = field.labels("labels");
    return field("address", endpoint.address);
}

void report_host(Reading& in, const Text& host, std::string_view problem) {
    in.error(code::kSchema, host.at, fmt::format("the host {} {}", quote(host.value), problem), {},
             host_help(host.value));
}

/// Of several hosts a connection says which one it means, by HTTP's authority or by SNI.
void check_hosts_apart(const ServiceEntry& entry, Reading& in) {
    if (entry.hosts.size() < 2 || entry.resolution.value == "NONE") return;
    for (const ServiceEntryPort& port : entry.ports) {
        const std::string& protocol = port.protocol.value;
        const bool told =
            protocol.starts_with("HTTP") || protocol.starts_with("GRPC") || protocol == "TLS";
        if (told) continue;
        in.error(code::kSchema, port.protocol.at,
                 fmt::format("port {} cannot tell several hosts apart", port.number.value),
                 "with protocol TCP and the like nothing says which of them a connection means",
                 "write a ServiceEntry for each host, or protocol: TLS");
        return;
    }
}

void check_ports_apart(const std::vector<ServiceEntryPort>& ports, Reading& in) {
    std::set<std::string_view> names;
    std::set<std::int64_t> numbers;
    for (const ServiceEntryPort& port : ports) {
        const bool named = !names.insert(port.name.value).second;
        if (!named && numbers.insert(port.number.value).second) continue;
        in.error(code::kSchema, named ? port.name.at : port.number.at,
                 named ? fmt::format("two ports are named {}", quote(port.name.value))
                       : fmt::format("two ports have the number {}", port.number.value),
                 {}, named ? "rename one of them" : "keep one of them");
    }
}

void check_addresses(const std::vector<Text>& addresses, const Text& resolution, Reading& in) {
    check_subnets("addresses", addresses, in);
    if (resolution.value == "NONE" || resolution.value == "STATIC") return;
    const auto range = std::ranges::find_if(
        addresses, [](const Text& address) { return address.value.contains('/'); });
    if (range == addresses.end()) return;
    in.error(code::kSchema, range->at,
             fmt::format("{} is a range, which resolution {} cannot have", quote(range->value),
                         printable(resolution.value)),
             {}, "list addresses, or write resolution: NONE");
}

/// Where connections go is said once.
void check_endpoints(const ServiceEntry& entry, Reading& in) {
    if (entry.endpoints.empty()) return;
    const Spot at = entry.endpoints.front().address.at;
    if (entry.selector) {
        in.error(code::kSchema, at, "endpoints cannot stand beside a workloadSelector", {},
                 "keep one of them");
    }
    if (entry.resolution.value == "NONE") {
        in.error(code::kSchema, at, "with resolution NONE nobody looks at endpoints",
                 "connections go where the client sends them",
                 "write resolution: STATIC, or DNS where they are names");
    }
    if (entry.resolution.value != "STATIC") return;
    for (const EntryEndpoint& endpoint : entry.endpoints) {
        const std::string& address = endpoint.address.value;
        if (address.empty() || address.starts_with("unix://") || is_ip_address(address)) continue;
        in.error(code::kSchema, endpoint.address.at,
                 fmt::format("with resolution STATIC {} must be an address", quote(address)), {},
                 "write resolution: DNS, or the address");
    }
}

}  // namespace

void read_destination_rule(Fields& field, DestinationRule& rule) {
    field.object("workloadSelector",
                 [&](Fields& selector) { rule.selector = selector.labels("matchLabels").value; });
    const auto what = rule.selector ? Exported::rule_of_workloads : Exported::rule;
    rule.has_policy = field.given("trafficPolicy") != nullptr;
    field("host", rule.host, Need::required);
    const auto problem =
        rule.host.value.empty() ? std::nullopt : destination_problem(rule.host.value);
    if (problem) report_host(field.in(), rule.host, *problem);
    read_traffic_policy(field, rule.tls);
    field("subsets", rule.subsets, read_subset);
    check_subsets_apart(rule.subsets, field.in());
    field("exportTo", rule.export_to);
    check_export(rule.export_to, rule.meta.ns.value, what, field.in());
}

void read_service_entry(Fields& field, ServiceEntry& entry) {
    field.ignore({"subjectAltNames"});
    Text location{"MESH_EXTERNAL", {}};
    field("location", location);
    check_word(field.in(), "location", location, kLocations);
    const std::vector<Text> addresses = field.texts("addresses");
    entry.has_addresses = !addresses.empty();
    field.object("workloadSelector",
                 [&](Fields& selector) { entry.selector = selector.labels("labels").value; });
    field("hosts", entry.hosts, Need::required);
    for (const Text& host : entry.hosts) {
        const auto problem =
            host.value == "*" ? "cannot be everything" : destination_problem(host.value);
        if (problem) report_host(field.in(), host, *problem);
    }
    field("ports", entry.ports, read_entry_port);
    field("endpoints", entry.endpoints, read_entry_endpoint);
    entry.resolution.value = "NONE";
    field("resolution", entry.resolution);
    check_word(field.in(), "resolution", entry.resolution, kResolutions);
    check_hosts_apart(entry, field.in());
    check_ports_apart(entry.ports, field.in());
    check_addresses(addresses, entry.resolution, field.in());
    check_endpoints(entry, field.in());
    field("exportTo", entry.export_to);
    check_export(entry.export_to, entry.meta.ns.value, Exported::entry, field.in());
}

}  // namespace sni::manifest
