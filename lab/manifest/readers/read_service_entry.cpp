// networking.istio.io: ServiceEntry and WorkloadEntry, as far as they say where a passed-through
// connection goes.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

constexpr std::array<std::string_view, 2> kLocations = {"MESH_EXTERNAL", "MESH_INTERNAL"};
constexpr std::array<std::string_view, 5> kResolutions = {"NONE", "STATIC", "DNS",
                                                          "DNS_ROUND_ROBIN", "DYNAMIC_DNS"};

/// pkg/config/protocol/instance.go
constexpr std::array<std::string_view, 12> kEntryProtocols = {
    "TCP",   "UDP",   "GRPC", "GRPC-WEB", "HTTP",  "HTTP_PROXY",
    "HTTP2", "HTTPS", "TLS",  "MONGO",    "REDIS", "MYSQL"};

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

/// As the rules of the CRD have it.
void check_endpoint_address(Fields& field, const EntryEndpoint& endpoint) {
    constexpr std::string_view kSocket = "unix://";
    const std::string& address = endpoint.address.value;
    Reading& in = field.in();
    if (address.empty()) {
        if (field.given("network")) return;
        return in.error(code::kSchema, field.at(), "an endpoint needs its address", {},
                        "write the address, or the network where its gateway is");
    }
    if (!address.starts_with(kSocket)) return;
    const std::string_view path = std::string_view(address).substr(kSocket.size());
    if (!path.starts_with('/') && !path.starts_with('@')) {
        in.error(code::kSchema, endpoint.address.at,
                 fmt::format("{} is no absolute path of a socket", quote(address)), {},
                 "write unix:///PATH");
    }
    if (!endpoint.ports.empty())
        in.error(code::kSchema, endpoint.address.at, "a socket has no ports", {}, "remove ports");
}

bool read_entry_endpoint(Fields& field, EntryEndpoint& endpoint) {
    field.ignore({"network", "locality", "serviceAccount"});
    endpoint.labels = field.labels("labels");
    check_labels(endpoint.labels.value, endpoint.labels.at, field.in());
    if (field("weight", endpoint.weight) && endpoint.weight.value < 0) {
        field.in().error(code::kSchema, endpoint.weight.at,
                         fmt::format("the weight {} is below 0", endpoint.weight.value));
    }
    const yaml::Node* ports = field.raw("ports");
    field.object("ports", [&](Fields& named) {
        for (const yaml::Entry& entry : ports->entries()) {
            const std::string& name = entry.key.value;
            if (const auto number = named.port(name)) endpoint.ports.emplace(name, number->value);
        }
    });
    const bool addressed = field("address", endpoint.address);
    check_endpoint_address(field, endpoint);
    return addressed;
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

void check_endpoint_ports(const ServiceEntry& entry, Reading& in) {
    for (const EntryEndpoint& endpoint : entry.endpoints) {
        for (const auto& [name, number] : endpoint.ports) {
            const bool known = std::ranges::any_of(
                entry.ports, [&](const ServiceEntryPort& port) { return port.name.value == name; });
            if (known) continue;
            in.error(code::kSchema, endpoint.address.at,
                     fmt::format("its port {} has the name {}, and none of spec.ports has", number,
                                 quote(name)),
                     {}, "write the name of a port of spec.ports");
        }
    }
}

void check_dns_endpoints(const ServiceEntry& entry, Reading& in) {
    for (const EntryEndpoint& endpoint : entry.endpoints) {
        const std::string& address = endpoint.address.value;
        if (is_ip_address(address) || is_object_name(to_lower_ascii(address))) continue;
        in.error(code::kSchema, endpoint.address.at,
                 fmt::format("{} is neither a name nor an address", quote(address)),
                 "with resolution DNS an endpoint is looked up by its name",
                 "write resolution: STATIC for a socket");
    }
    if (entry.resolution.value == "DNS_ROUND_ROBIN" && entry.endpoints.size() > 1) {
        in.error(code::kSchema, entry.endpoints[1].address.at,
                 "with resolution DNS_ROUND_ROBIN there is one endpoint at most", {},
                 "write resolution: DNS");
    }
}

/// Names below a wildcard are looked up as clients ask for them.
void check_dynamic(const ServiceEntry& entry, Reading& in) {
    constexpr std::array<std::string_view, 4> kNamed = {"HTTP", "TLS", "GRPC", "HTTP2"};
    for (const Text& host : entry.hosts) {
        if (!host.value.starts_with('*'))
            report_host(in, host, "is no wildcard, and resolution DYNAMIC_DNS is for those");
    }
    if (entry.has_addresses || !entry.endpoints.empty()) {
        in.error(code::kSchema, entry.resolution.at,
                 "with resolution DYNAMIC_DNS there are neither addresses nor endpoints",
                 "each name is looked up as a client asks for it");
    }
    for (const ServiceEntryPort& port : entry.ports) {
        if (std::ranges::count(kNamed, port.protocol.value) > 0) continue;
        in.error(code::kSchema, port.protocol.at,
                 fmt::format("port {} says no name, which resolution DYNAMIC_DNS looks up",
                             port.number.value),
                 {}, "write protocol: TLS, HTTP, HTTP2 or GRPC");
    }
}

/// Where connections go is said once.
void check_endpoints(const ServiceEntry& entry, Reading& in) {
    if (entry.resolution.value == "DYNAMIC_DNS") return check_dynamic(entry, in);
    if (entry.resolution.value.starts_with("DNS")) check_dns_endpoints(entry, in);
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

void read_service_entry(Fields& field, ServiceEntry& entry) {
    field.ignore({"subjectAltNames"});
    Text location{"MESH_EXTERNAL", {}};
    field("location", location);
    check_word(field.in(), "location", location, kLocations);
    const std::vector<Text> addresses = field.texts("addresses");
    entry.has_addresses = !addresses.empty();
    field.object("workloadSelector", [&](Fields& selector) {
        const auto labels = selector.labels("labels");
        check_selector(labels.value, labels.at, selector.in());
        entry.selector = labels.value;
    });
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
    check_endpoint_ports(entry, field.in());
    field("exportTo", entry.export_to);
    check_export(entry.export_to, entry.meta.ns.value, Exported::entry, field.in());
}

void read_workload_entry(Fields& field, OtherEndpoint& machine) {
    machine.kind = "WorkloadEntry";
    read_entry_endpoint(field, machine.endpoint);
    // Those of the object come first (pilot/pkg/serviceregistry/serviceentry/controller.go,
    // ConvertWorkloadEntry).
    machine.labels = machine.meta.labels;
    machine.labels.insert(machine.endpoint.labels.value.begin(),
                          machine.endpoint.labels.value.end());
}

}  // namespace sni::manifest
