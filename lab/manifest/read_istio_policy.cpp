// networking.istio.io: DestinationRule and ServiceEntry, as far as they change where a
// passed-through connection goes and what is put around it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

constexpr std::array<std::string_view, 4> kClientModes = {"DISABLE", "SIMPLE", "MUTUAL",
                                                          "ISTIO_MUTUAL"};

std::optional<ClientTls> read_client_tls(Fields& policy) {
    std::optional<ClientTls> read;
    policy.object("tls", [&](Fields& tls) {
        tls.ignore({"clientCertificate", "privateKey", "credentialName", "subjectAltNames", "sni",
                    "insecureSkipVerify", "caCrl"});
        ClientTls client{.mode = text_or(tls.text("mode"), "DISABLE", tls.at()), .port = {}};
        const yaml::Node* authority = tls.raw("caCertificates");
        client.has_authority = authority && !authority->is_null();
        if (std::ranges::find(kClientModes, client.mode.value) == kClientModes.end()) {
            tls.in().error(code::kSchema, client.mode.at,
                           fmt::format("there is no TLS mode {}", quote(client.mode.value)), {},
                           "write DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL");
        }
        read = std::move(client);
    });
    return read;
}

void ignore_traffic_fields(Fields& policy) {
    policy.ignore({"loadBalancer", "connectionPool", "outlierDetection", "retryBudget"});
}

void read_traffic_policy(Fields& fields, std::vector<ClientTls>& into) {
    fields.object("trafficPolicy", [&](Fields& policy) {
        ignore_traffic_fields(policy);
        policy.ignore({"tunnel", "proxyProtocol"});
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

}  // namespace

void read_destination_rule(Fields& document, Meta meta, Manifest& into) {
    DestinationRule rule;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"workloadSelector"});
            rule.host = text_or(spec.text("host", Need::required), "", spec.at());
            if (const auto problem =
                    rule.host.value.empty() ? std::nullopt : host_problem(rule.host.value)) {
                spec.in().error(code::kSchema, rule.host.at,
                                fmt::format("the host {} {}", quote(rule.host.value), *problem), {},
                                host_help(rule.host.value));
            }
            read_traffic_policy(spec, rule.tls);
            spec.objects("subsets", [&](Fields& fields) {
                Subset subset;
                subset.name = text_or(fields.text("name", Need::required), "", fields.at());
                subset.labels = fields.labels("labels");
                read_traffic_policy(fields, subset.tls);
                rule.subsets.push_back(std::move(subset));
            });
            rule.export_to = spec.texts("exportTo");
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    rule.meta = std::move(meta);
    into.destination_rules.push_back(std::move(rule));
}

void read_service_entry(Fields& document, Meta meta, Manifest& into) {
    ServiceEntry entry;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"addresses", "location", "workloadSelector", "subjectAltNames"});
            entry.by_selector = spec.has("workloadSelector");
            entry.hosts = spec.texts("hosts", Need::required);
            for (const Text& host : entry.hosts) {
                const auto problem =
                    host.value == "*" ? "cannot be everything" : host_problem(host.value);
                if (!problem) continue;
                spec.in().error(code::kSchema, host.at,
                                fmt::format("the host {} {}", quote(host.value), *problem), {},
                                host_help(host.value));
            }
            spec.objects("ports", [&](Fields& fields) {
                ServiceEntryPort port{.target_port = {}};
                const auto number = fields.port("number", Need::required);
                port.name = text_or(fields.text("name", Need::required), "", fields.at());
                const Text protocol = text_or(fields.text("protocol"), "", fields.at());
                port.protocol = {to_upper_ascii(protocol.value), protocol.at};
                port.target_port = fields.port("targetPort");
                if (!number) return;
                port.number = *number;
                entry.ports.push_back(std::move(port));
            });
            spec.objects("endpoints", [&](Fields& fields) {
                fields.ignore(
                    {"ports", "labels", "network", "locality", "weight", "serviceAccount"});
                if (auto address = fields.text("address")) {
                    entry.endpoints.push_back(std::move(*address));
                }
            });
            entry.resolution = text_or(spec.text("resolution"), "NONE", spec.at());
            entry.export_to = spec.texts("exportTo");
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    entry.meta = std::move(meta);
    into.service_entries.push_back(std::move(entry));
}

}  // namespace sni::manifest
