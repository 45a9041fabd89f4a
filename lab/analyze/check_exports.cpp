// Hosts that are there, and are hidden by exportTo from whoever names them.
#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/analyze/known_hosts.h"
#include "lab/core/encoding.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/exported.h"
#include "lab/manifest/codes.h"

namespace sni::analyze {

using namespace manifest;

namespace {

/// A gateway looks from the namespace of its own pods, so what is hidden from the VirtualService
/// may work there.
void check_destination(const Model& model, const KnownHosts& hosts, const VirtualService& service,
                       const Destination& destination, Findings& findings) {
    const std::string& ns = service.meta.ns.value;
    const std::string host = lookup::full_host(destination.host.value, ns);
    const KnownHosts::Owner* owner = hosts.anywhere(host);
    if (!owner || hosts.find(host, ns, service.export_to)) return;
    const std::string& gateway = model.options.environment.gateway_namespace;
    const bool works =
        service.is_for_gateways() && hosts.find(host, gateway, std::vector<Text>()) != nullptr;
    findings.add(works ? Level::info : Level::error, manifest::code::kNotFound, destination.host.at,
                 fmt::format("{} is not exported to namespace {}, where it is named",
                             printable(host), quote(ns)),
                 works ? fmt::format("gateways in namespace {} see it, sidecars do not", gateway)
                       : fmt::format("{} {} keeps it to itself by exportTo",
                                     owner->service ? "Service" : "ServiceEntry",
                                     quote(owner->meta().path())),
                 "add the namespace to its exportTo");
}

void check_rule(const KnownHosts& hosts, const DestinationRule& rule, Findings& findings) {
    const std::string& ns = rule.meta.ns.value;
    const std::string host = lookup::full_host(rule.host.value, ns);
    const KnownHosts::Owner* owner = hosts.anywhere(host);
    if (rule.meta.flawed || !owner || hosts.find(host, ns, rule.export_to)) return;
    findings.add(
        Level::warning, code::kUnknownRuleHost, rule.host.at,
        fmt::format("nobody for whom the DestinationRule is sees the host {}",
                    quote(rule.host.value)),
        fmt::format("{} {} is not exported there", owner->service ? "Service" : "ServiceEntry",
                    quote(owner->meta().path())),
        "add a namespace to one of the two exportTo");
}

}  // namespace

void check_exports(const Model& model, Findings& findings) {
    const KnownHosts hosts(model.manifest);
    for (const VirtualService& service : model.manifest.virtual_services) {
        const auto check = [&](const std::vector<Destination>& destinations) {
            for (const Destination& destination : destinations) {
                check_destination(model, hosts, service, destination, findings);
            }
        };
        for (const TlsRoute& rule : service.tls) {
            check(rule.destinations);
        }
        for (const HttpRule& rule : service.http_rules) {
            check(rule.destinations);
        }
        check(service.aside);
    }
    for (const DestinationRule& rule : model.manifest.destination_rules) {
        check_rule(hosts, rule, findings);
    }
}

}  // namespace sni::analyze
