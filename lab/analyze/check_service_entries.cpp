// ServiceEntries: hosts outside, which have no pods to look for, where a gateway's rules lead to
// them; ports that two of them tell apart by protocol, or sidecars only by address.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/exported.h"
#include "lab/manifest/codes.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;

namespace {

/// Istio allocates addresses for the others by itself.
bool needs_address(const ServiceEntry& entry) {
    return entry.resolution.value == "NONE" ||
           std::ranges::any_of(entry.hosts,
                               [](const Text& host) { return host.value.starts_with('*'); });
}

struct Offer {
    const ServiceEntry* entry = nullptr;
    const ServiceEntryPort* port = nullptr;
    std::set<std::string> scopes;
};

/// Whether it is one of the ServiceEntry's, whichever rule leads there.
void check_port(const Model& model, const VirtualService& service, const Destination& destination,
                Findings& findings) {
    const Target target = model.services.target(service, destination, 443);
    if (target.kind != Target::Kind::service_entry) return;
    const ServiceEntry* entry = model.services.entries().find(target.name);
    if (!destination.port && entry && entry->ports.size() > 1) {
        findings.error(
            manifest::code::kPortRequired, destination.host.at,
            fmt::format("ServiceEntry {} has several ports, so the destination needs one",
                        quote(entry->meta.path())),
            {}, fmt::format("add port: {{number: {}}}", entry->ports.front().number.value));
    } else if (target.missing == Target::Missing::port) {
        findings.error(manifest::code::kNotFound,
                       destination.port ? destination.port->at : destination.host.at,
                       target.problem, {}, "add the port to spec.ports");
    }
}

}  // namespace

void check_service_entries(const Model& model, Findings& findings) {
    std::set<Spot> told;
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            const bool dead = target.kind == Target::Kind::service_entry && target.written &&
                              target.missing == Target::Missing::endpoints;
            if (!dead || !told.insert(target.written->host.at).second) continue;
            const ServiceEntry* entry = model.services.entries().find(target.name);
            const bool anywhere = !entry || entry->resolution.value == "NONE";
            findings.error(manifest::code::kNoEndpoints, target.written->host.at, target.problem,
                           anywhere ? "a gateway does not know where the client wanted to go, "
                                      "which is what resolution NONE means"
                                    : "a gateway goes to the endpoints that "
                                      "are listed, and nowhere else",
                           "write resolution: DNS, or list endpoints");
        }
    }
    for (const VirtualService& service : model.manifest.virtual_services) {
        if (service.meta.flawed) continue;
        const auto check = [&](const std::vector<Destination>& destinations) {
            for (const Destination& destination : destinations) {
                check_port(model, service, destination, findings);
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
}

void check_entry_addresses(const Model& model, Findings& findings) {
    for (const ServiceEntry& entry : model.manifest.service_entries) {
        if (entry.meta.flawed || entry.has_addresses) continue;
        const bool needed = needs_address(entry);
        for (const ServiceEntryPort& port : entry.ports) {
            if (!port.protocol.value.empty() && port.protocol.value != "TCP") continue;
            findings.add(needed ? Level::warning : Level::info, code::kAddressesRequired,
                         port.number.at,
                         fmt::format("sidecars tell port {} of ServiceEntry {} from others by "
                                     "address only, and it has none",
                                     port.number.value, quote(entry.meta.path())),
                         needed ? "with protocol TCP nothing else says which host is meant, and "
                                  "every connection to the port is taken for it"
                                : "Istio allocates one unless it is told not to",
                         "list addresses, or write protocol: TLS");
        }
    }
}

void check_entry_protocols(const Model& model, Findings& findings) {
    std::map<std::pair<std::string, std::int64_t>, std::vector<Offer>> offers;
    for (const ServiceEntry& entry : model.manifest.service_entries) {
        if (entry.meta.flawed) continue;
        const auto scopes = lookup::scopes(entry.export_to, entry.meta.ns.value);
        for (const Text& host : entry.hosts) {
            for (const ServiceEntryPort& port : entry.ports) {
                offers[{host.value, port.number.value}].push_back(
                    {.entry = &entry, .port = &port, .scopes = scopes});
            }
        }
    }
    for (const auto& [of, all] : offers) {
        for (const Offer& offer : all) {
            const auto other = std::ranges::find_if(all, [&](const Offer& each) {
                return each.port->protocol.value != offer.port->protocol.value &&
                       lookup::meet(each.scopes, offer.scopes);
            });
            if (other == all.end()) continue;
            findings.add(
                Level::warning, code::kEntryProtocols, offer.port->number.at,
                fmt::format("ServiceEntry {} calls port {} of {} {}, and not {}",
                            quote(other->entry->meta.path()), of.second, quote(of.first),
                            quote(other->port->protocol.value), quote(offer.port->protocol.value)),
                "of several with one host the oldest counts, and the others are ignored",
                "write one protocol in both, or keep one of them");
        }
    }
}

}  // namespace sni::analyze
