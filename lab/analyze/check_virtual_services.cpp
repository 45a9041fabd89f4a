// VirtualServices: names that miss by letter case, and names that take more or less than they seem
// to.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/routing/istio/gateway_path.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// The hosts of a Gateway, as written and in lower case.
struct GatewayHosts {
    HostSet exact;
    HostSet lower;
};

GatewayHosts hosts_of(const Gateway& gateway) {
    GatewayHosts hosts;
    for (const Server& server : gateway.servers) {
        for (const Text& text : server.hosts) {
            const std::string host = server_host(text.value, gateway.meta.ns.value).host;
            hosts.exact.add(host);
            hosts.lower.add(to_lower_ascii(host));
        }
    }
    return hosts;
}

void report_case(Findings& findings, const Text& host, std::string where) {
    findings.add(Level::warning, code::kCase, host.at,
                 fmt::format("{} differs from {} in letter case only", quote(host.value), where),
                 "Istio compares letter by letter, although DNS and Envoy do not",
                 "write names in lower case everywhere");
}

void check_sni_case(const VirtualService& service, Findings& findings) {
    HostSet exact;
    HostSet lower;
    for (const Text& host : service.hosts) {
        exact.add(host.value);
        lower.add(to_lower_ascii(host.value));
    }
    for (const TlsRoute& rule : service.tls) {
        for (const TlsMatch& match : rule.matches) {
            for (const Text& sni : match.sni_hosts) {
                if (exact.covers(sni.value) || !lower.covers(to_lower_ascii(sni.value))) continue;
                report_case(findings, sni, "a host of its VirtualService");
            }
        }
    }
}

/// Why clients outside cannot look `name` up; empty when they may.
std::string_view why_no_dns(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    if (!name.contains('.')) return "it has one label only";
    if (name.ends_with(".cluster.local") || name.ends_with(".svc")) {
        return "only the cluster's own DNS knows it";
    }
    return {};
}

}  // namespace

void check_letter_case(const Model& model, Findings& findings) {
    std::unordered_map<const Gateway*, GatewayHosts> known;
    for (const VirtualService& service : model.manifest.virtual_services) {
        check_sni_case(service, findings);
        for (const Text& name : service.gateways) {
            const auto found = model.gateways.find(gateway_path(name.value, service.meta.ns.value));
            if (found == model.gateways.end()) continue;
            const auto [hosts, fresh] = known.try_emplace(found->second);
            if (fresh) hosts->second = hosts_of(*found->second);
            for (const Text& host : service.hosts) {
                if (hosts->second.exact.overlaps(host.value) ||
                    !hosts->second.lower.overlaps(to_lower_ascii(host.value))) {
                    continue;
                }
                report_case(findings, host,
                            fmt::format("a host of Gateway {}", quote(found->first)));
            }
        }
    }
}

void check_sni_hosts(const Model& model, Findings& findings) {
    for (const Reached& reached : model.reached) {
        for (const Text& sni : reached.chain->names) {
            if (sni.value == "*") {
                findings.add(Level::info, code::kCatchAll, sni.at,
                             fmt::format("this rule takes every name on port {}, clients without "
                                         "SNI and what is not TLS",
                                         reached.chain->port),
                             "for \"*\" Istio gives Envoy a chain without names",
                             "name the hosts, unless that is what you want");
            } else if (is_ip_address(sni.value)) {
                findings.add(
                    Level::warning, code::kIp, sni.at,
                    fmt::format("no connection ever comes with the SNI {}", quote(sni.value)),
                    "a client that is given an address sends no SNI",
                    "write the name that clients use");
            } else if (sni.value.ends_with('.')) {
                report_trailing_dot(findings, sni.at, sni.value);
            } else if (const auto why = why_no_dns(sni.value); !why.empty()) {
                findings.add(
                    Level::info, code::kWithoutDns, sni.at,
                    fmt::format("clients outside the cluster cannot look {} up", quote(sni.value)),
                    std::string(why),
                    "they need --resolve, an entry in /etc/hosts, or a name of yours");
            }
        }
    }
}

}  // namespace sni::analyze
