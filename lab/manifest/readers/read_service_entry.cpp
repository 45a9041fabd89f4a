// networking.istio.io: ServiceEntry and WorkloadEntry, as far as they say where a passed-through
// connection goes.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

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

bool read_entry_endpoint(Fields& field, EntryEndpoint& endpoint) {
    field.ignore({"network", "locality", "serviceAccount"});
    endpoint.labels = field.labels("labels");
    field("weight", endpoint.weight);
    const yaml::Node* ports = field.raw("ports");
    field.object("ports", [&](Fields& named) {
        for (const yaml::Entry& entry : ports->entries()) {
            const std::string& name = entry.key.value;
            if (const auto number = named.port(name)) endpoint.ports.emplace(name, number->value);
        }
    });
    return field("address", endpoint.address);
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
