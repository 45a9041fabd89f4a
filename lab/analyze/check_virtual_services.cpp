// VirtualServices: rules that repeat one another, names that miss by letter case, and names that
// take more or less than they seem to.
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
#include "lab/routing/routing.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// Equal texts for equal matches. Nothing for one with conditions whose values are not known here.
std::optional<std::string> text_of(const TlsMatch& match) {
    if (!match.ignored.empty()) return std::nullopt;
    std::string text = match.port ? fmt::to_string(match.port->value) : std::string();
    for (const auto* names : {&match.sni_hosts, &match.gateways}) {
        text += '\n';
        for (const Text& name : *names) {
            text += name.value + ' ';
        }
    }
    return text;
}

Spot spot_of(const TlsMatch& match, const TlsRoute& rule) {
    return match.sni_hosts.empty() ? rule.at : match.sni_hosts.front().at;
}

void check_rules(const VirtualService& service, Findings& findings) {
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t r = 0; r < service.tls.size(); ++r) {
        const TlsRoute& rule = service.tls[r];
        std::size_t repeated = 0;
        for (const TlsMatch& match : rule.matches) {
            const auto text = text_of(match);
            if (!text) continue;
            const auto [first, fresh] = seen.emplace(*text, r);
            if (fresh) continue;
            ++repeated;
            findings.add(Level::info, code::kIneffectiveMatch, spot_of(match, rule),
                         fmt::format("this match stands in tls[{}] already", first->second),
                         "the first rule with a match takes the connection", "remove it");
        }
        if (repeated == 0 || repeated < rule.matches.size()) continue;
        findings.add(Level::warning, code::kUnreachableRule, rule.at,
                     fmt::format("no connection ever gets to tls[{}] of VirtualService {}", r,
                                 quote(service.meta.path())),
                     "every match of it stands in an earlier rule already",
                     "remove the rule, or correct its sniHosts");
    }
}

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

void check_repeated_matches(const Model& model, Findings& findings) {
    for (const VirtualService& service : model.manifest.virtual_services) {
        check_rules(service, findings);
    }
}

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
