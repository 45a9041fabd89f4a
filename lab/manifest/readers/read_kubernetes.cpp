// Namespace, Secret and Service; pods and what makes them are in read_pods.cpp.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

/// As Go's decoder, which skips the line ends that block scalars bring.
std::optional<std::string> decoded(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
    const auto bytes = from_base64(text);
    if (!bytes) return std::nullopt;
    return std::string(as_text(*bytes));
}

void read_secret_data(Fields& document, Secret& secret) {
    for (auto& [key, text] : document.text_entries("data")) {
        auto value = decoded(std::move(text.value));
        if (value) {
            secret.data[key] = std::move(*value);
        } else {
            document.in().error(code::kValue, text.at,
                                fmt::format("data.{} is not base64", printable(key)), {},
                                "put plain text under stringData instead of data");
        }
    }
    for (auto& [key, value] : document.labels("stringData").value) {
        secret.data[key] = value;
    }
}

bool read_service_port(Fields& field, ServicePort& port) {
    field.ignore({"nodePort"});
    field("appProtocol", port.app_protocol);
    field("name", port.name);
    if (!port.name.value.empty() && !is_label_name(port.name.value)) {
        field.in().error(code::kValue, port.name.at,
                         fmt::format("{} is no name of a Service's port", quote(port.name.value)),
                         "lower-case letters, digits and '-' may stand in one, 63 at most, and it "
                         "starts and ends with a letter or digit");
    }
    port.protocol = read_protocol(field);
    const bool numbered = field.port("port", port.port, Need::required);
    // The API server puts the port itself where nothing, 0 or "" stands.
    const yaml::Node* target = field.raw("targetPort");
    if (!target || target->is_null()) return numbered;
    const bool named =
        target->kind() == yaml::Kind::scalar && scalar_type(*target) == ScalarType::text;
    if (named && target->text().empty()) return numbered;
    if (named && std::ranges::all_of(target->text(), [](char c) { return c >= '0' && c <= '9'; })) {
        field.in().error(
            code::kType, target->at(),
            fmt::format("{} must be a number or the name of a container's port, not the string {}",
                        field.path_of("targetPort"), quote(target->text())),
            {}, fmt::format("write {} without quotes", target->text()));
    } else if (named) {
        const Text name{target->text(), target->at()};
        check_port_name(name, field.in());
        port.target = name;
    } else if (const auto number = field.port_or_zero("targetPort")) {
        port.target = *number;
    }
    return numbered;
}

void check_service_ports(const Service& service, Reading& in) {
    std::set<std::pair<std::int64_t, std::string>> numbers;
    std::set<std::string> names;
    for (const ServicePort& port : service.ports) {
        if (port.name.value.empty() && service.ports.size() > 1) {
            in.error(code::kMissing, port.at, fmt::format("port {} has no name", port.port.value),
                     "each of several ports of a Service needs one");
        } else if (service.ports.size() > 1 && !names.insert(port.name.value).second) {
            in.error(code::kValue, port.name.at,
                     fmt::format("two ports are named {}", quote(port.name.value)));
        }
        if (!numbers.emplace(port.port.value, port.protocol.value).second) {
            in.error(code::kValue, port.port.at,
                     fmt::format("port {} stands here twice", port.port.value));
        }
    }
}

}  // namespace

Text read_protocol(Fields& port) {
    Text protocol{"TCP", {}};
    port("protocol", protocol);
    if (protocol.value != "TCP" && protocol.value != "UDP" && protocol.value != "SCTP") {
        port.in().error(code::kValue, protocol.at,
                        fmt::format("{} is {}, but Kubernetes knows TCP, UDP and SCTP",
                                    port.path_of("protocol"), quote(protocol.value)));
    }
    return protocol;
}

std::vector<std::string> comma_separated(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::size_t first = word.find_first_not_of(kBlanks);
        words.emplace_back(first == std::string_view::npos
                               ? std::string_view()
                               : word.substr(first, word.find_last_not_of(kBlanks) - first + 1));
        at = end + 1;
    }
    return words;
}

void read_namespace(Fields& field, Namespace&) {
    field.ignore({"spec"});
}

void read_secret(Fields& field, Secret& secret) {
    field.ignore({"immutable"});
    secret.type.value = "Opaque";
    field("type", secret.type);
    field.in().confidential = true;
    read_secret_data(field, secret);
    field.in().confidential = false;
    if (secret.type.value != "kubernetes.io/tls" || field.in().flawed) return;
    for (const std::string key : {"tls.crt", "tls.key"}) {
        if (secret.data.contains(key)) continue;
        field.in().error(code::kMissing, secret.type.at,
                         fmt::format("a Secret of type kubernetes.io/tls needs {}", key), {},
                         "kubectl create secret tls writes both keys");
    }
}

void read_service(Fields& field, Service& service) {
    const yaml::Node* address = field.raw("clusterIP");
    service.headless = address && address->text() == "None";
    field.ignore({"clusterIPs", "ipFamily", "topologyKeys", "publishNotReadyAddresses",
                  "ipFamilies", "ipFamilyPolicy", "sessionAffinity", "sessionAffinityConfig",
                  "externalTrafficPolicy", "internalTrafficPolicy", "loadBalancerIP",
                  "loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts",
                  "externalIPs", "healthCheckNodePort", "trafficDistribution"});
    service.type.value = "ClusterIP";
    field("type", service.type);
    field("externalName", service.external_name);
    const std::string& type = service.type.value;
    if (type != "ExternalName" && type != "ClusterIP" && type != "NodePort" &&
        type != "LoadBalancer") {
        field.in().error(code::kValue, service.type.at,
                         fmt::format("there is no type of Service called {}", quote(type)));
    }
    service.selector = field.labels("selector");
    check_labels(service.selector.value, service.selector.at, field.in());
    // The API server lets a headless Service have none, too.
    const bool may_lack = type == "ExternalName" || service.headless;
    field("ports", service.ports, read_service_port, may_lack ? Need::optional : Need::required);
    check_service_ports(service, field.in());
    const auto exported = service.meta.annotations.find(std::string(kExportToAnnotation));
    if (exported == service.meta.annotations.end()) return;
    for (std::string& word : comma_separated(exported->second)) {
        service.export_to.push_back({std::move(word), service.meta.at});
    }
}

}  // namespace sni::manifest
