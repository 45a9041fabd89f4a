// VirtualServices for the mesh: hosts that several of them want there, and subsets that only the
// mesh gets to see.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/destination_rules.h"
#include "lab/manifest/hosts.h"

namespace sni::analyze {

using namespace manifest;

namespace {

constexpr const char* kEverywhere = "*";

bool is_for_mesh(const VirtualService& service) {
    return service.gateways.empty() ||
           std::ranges::find(service.gateways, "mesh", &Text::value) != service.gateways.end();
}

/// The namespaces whose sidecars it is for; kEverywhere alone: all.
std::set<std::string> scopes_of(const VirtualService& service) {
    std::set<std::string> scopes;
    for (const Text& to : service.export_to) {
        if (to.value == kEverywhere) return {kEverywhere};
        scopes.insert(to.value == "." ? service.meta.ns.value : to.value);
    }
    if (scopes.empty()) scopes.insert(kEverywhere);
    return scopes;
}

struct Claim {
    const VirtualService* service = nullptr;
    const Text* host = nullptr;
};
using Claims = std::map<std::string, std::vector<Claim>>;  // by host in full

/// What HostSet asks of many, of two (pkg/config/host/name.go, Matches).
bool overlap(std::string_view one, std::string_view other) {
    if (one.size() > other.size()) std::swap(one, other);
    if (one.starts_with('*')) return other.ends_with(one.substr(1));
    return other.starts_with('*') ? one.ends_with(other.substr(1)) : one == other;
}

/// Those that are for everybody and overlap the host.
std::vector<Claim> wider_claims(const Claims& everywhere, const HostSet& known,
                                const std::string& host) {
    std::vector<Claim> found;
    if (!known.overlaps(host)) return found;
    for (const auto& [other, claims] : everywhere) {
        if (overlap(other, host)) found.insert(found.end(), claims.begin(), claims.end());
    }
    return found;
}

void report(const std::vector<Claim>& claims, std::set<const VirtualService*>& told,
            Findings& findings) {
    for (const Claim& claim : claims) {
        const auto other = std::ranges::find_if(
            claims, [&](const Claim& each) { return each.service != claim.service; });
        if (other == claims.end() || !told.insert(claim.service).second) continue;
        findings.error(code::kMeshHosts, claim.host->at,
                       fmt::format("VirtualService {} is for the host {} in the mesh, too",
                                   quote(other->service->meta.path()), quote(other->host->value)),
                       "sidecars take the rules of one of them for a host, and which is not said",
                       "put the rules into one VirtualService");
    }
}

}  // namespace

void check_mesh_hosts(const Model& model, Findings& findings) {
    std::map<std::string, Claims> scopes;
    for (const VirtualService& service : model.manifest.virtual_services) {
        if (service.meta.flawed || !is_for_mesh(service)) continue;
        for (const std::string& scope : scopes_of(service)) {
            for (const Text& host : service.hosts) {
                scopes[scope][lookup::full_host(host.value, service.meta.ns.value)].push_back(
                    {&service, &host});
            }
        }
    }
    const Claims& everywhere = scopes[kEverywhere];
    HostSet known;
    for (const auto& [host, claims] : everywhere) {
        known.add(host);
    }
    std::set<const VirtualService*> told;
    for (const auto& [scope, claims] : scopes) {
        for (const auto& [host, own] : claims) {
            std::vector<Claim> all = own;
            if (scope != kEverywhere) {
                const std::vector<Claim> wider = wider_claims(everywhere, known, host);
                all.insert(all.end(), wider.begin(), wider.end());
            }
            report(all, told, findings);
        }
    }
}

void check_subset_rules(const Model& model, Findings& findings) {
    std::map<std::string, const VirtualService*> with_subset;  // by host as it is written
    for (const VirtualService& service : model.manifest.virtual_services) {
        for (const HttpRule& rule : service.http_rules) {
            for (const Destination& to : rule.destinations) {
                const bool own = std::ranges::find(service.hosts, to.host.value, &Text::value) !=
                                 service.hosts.end();
                if (own && !to.subset.value.empty()) with_subset.emplace(to.host.value, &service);
            }
        }
    }
    for (const VirtualService& service : model.manifest.virtual_services) {
        if (service.gateways.empty()) continue;
        for (const HttpRule& rule : service.http_rules) {
            for (const Destination& to : rule.destinations) {
                const auto other = with_subset.find(to.host.value);
                if (other == with_subset.end() || !to.subset.value.empty()) continue;
                findings.add(
                    Level::warning, code::kSubsetNotAffected, to.host.at,
                    fmt::format("the subsets of VirtualService {} have no effect on what comes "
                                "through these gateways",
                                quote(other->second->meta.path())),
                    "its rules hold where it is bound; a gateway that leads to the host itself "
                    "does not ask them",
                    "name the subset here as well");
            }
        }
    }
}

}  // namespace sni::analyze
