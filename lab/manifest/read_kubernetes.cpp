// Namespace, Secret and Service; pods and what makes them are in read_pods.cpp.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers.h"

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

void read_service_port(Fields& fields, Service& service) {
    ServicePort port{.at = fields.at()};
    fields.ignore({"nodePort"});
    port.app_protocol = text_or(fields.text("appProtocol"), "", fields.at());
    port.name = text_or(fields.text("name"), "", fields.at());
    port.protocol = read_protocol(fields);
    const auto number = fields.port("port", Need::required);
    const yaml::Node* target = fields.raw("targetPort");
    if (target && !target->is_null()) {
        const bool named =
            target->kind() == yaml::Kind::scalar && scalar_type(*target) == ScalarType::text;
        if (named && !target->text().empty() &&
            std::ranges::all_of(target->text(), [](char c) { return c >= '0' && c <= '9'; })) {
            fields.in().error(
                code::kType, target->at(),
                fmt::format("{} must be a number or the name of a container's port, not the string "
                            "{}",
                            fields.path_of("targetPort"), quote(target->text())),
                {}, fmt::format("write {} without quotes", target->text()));
        } else if (named) {
            port.target = Text{target->text(), target->at()};
        } else if (const auto numbered = fields.port("targetPort")) {
            port.target = *numbered;
        }
    }
    if (!number) return;
    port.port = *number;
    service.ports.push_back(std::move(port));
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

Text text_or(std::optional<Text> text, std::string_view otherwise, Spot at) {
    return text ? std::move(*text) : Text{std::string(otherwise), at};
}

Text read_protocol(Fields& port) {
    Text protocol = text_or(port.text("protocol"), "TCP", port.at());
    if (protocol.value != "TCP" && protocol.value != "UDP" && protocol.value != "SCTP") {
        port.in().error(code::kValue, protocol.at,
                        fmt::format("{} is {}, but Kubernetes knows TCP, UDP and SCTP",
                                    port.path_of("protocol"), quote(protocol.value)));
    }
    return protocol;
}

void read_namespace(Fields& document, Meta meta, Manifest& into) {
    document.ignore({"spec"});
    document.done();
    meta.flawed = document.in().flawed;
    into.namespaces.push_back({.meta = std::move(meta)});
}

void read_secret(Fields& document, Meta meta, Manifest& into) {
    Secret secret;
    document.ignore({"immutable"});
    secret.type = text_or(document.text("type"), "Opaque", document.at());
    read_secret_data(document, secret);
    if (secret.type.value == "kubernetes.io/tls" && !document.in().flawed) {
        for (const std::string key : {"tls.crt", "tls.key"}) {
            if (secret.data.contains(key)) continue;
            document.in().error(code::kMissing, secret.type.at,
                                fmt::format("a Secret of type kubernetes.io/tls needs {}", key), {},
                                "kubectl create secret tls writes both keys");
        }
    }
    document.done();
    meta.flawed = document.in().flawed;
    secret.meta = std::move(meta);
    into.secrets.push_back(std::move(secret));
}

void read_service(Fields& document, Meta meta, Manifest& into) {
    Service service;
    document.object(
        "spec",
        [&](Fields& spec) {
            const yaml::Node* address = spec.raw("clusterIP");
            service.headless = address && address->text() == "None";
            spec.ignore({"clusterIPs", "ipFamily", "topologyKeys", "publishNotReadyAddresses",
                         "ipFamilies", "ipFamilyPolicy", "sessionAffinity", "sessionAffinityConfig",
                         "externalTrafficPolicy", "internalTrafficPolicy", "loadBalancerIP",
                         "loadBalancerClass", "loadBalancerSourceRanges",
                         "allocateLoadBalancerNodePorts", "externalIPs", "healthCheckNodePort",
                         "trafficDistribution"});
            service.type = text_or(spec.text("type"), "ClusterIP", spec.at());
            const std::string& type = service.type.value;
            service.external_name = text_or(spec.text("externalName"), "", service.type.at);
            if (type != "ExternalName" && type != "ClusterIP" && type != "NodePort" &&
                type != "LoadBalancer") {
                spec.in().error(code::kValue, service.type.at,
                                fmt::format("there is no type of Service called {}", quote(type)));
            }
            service.selector = spec.labels("selector");
            // The API server lets a headless Service have none, too.
            const bool may_lack = type == "ExternalName" || service.headless;
            const Need ports = may_lack ? Need::optional : Need::required;
            spec.objects("ports", [&](Fields& port) { read_service_port(port, service); }, ports);
            check_service_ports(service, spec.in());
        },
        Need::required);
    document.done();
    meta.flawed |= document.in().flawed;
    service.meta = std::move(meta);
    into.services.push_back(std::move(service));
}

}  // namespace sni::manifest
