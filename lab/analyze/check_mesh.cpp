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
#include "lab/lookup/exported.h"
#include "lab/manifest/hosts.h"

namespace sni::analyze {

using namespace manifest;

namespace {

constexpr const char* kEverywhere = "*";

struct Claim {
    const VirtualService* service = nullptr;
    const Text* host = nullptr;
};
using Claims = std::map<std::string, std::vector<Claim>>;  // by host in full

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
        if (service.meta.flawed || !service.is_for_mesh()) continue;
        const auto seen_by = lookup::scopes(service.export_to, service.meta.ns.value);
        for (const std::string& scope : seen_by) {
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
    std::map<std::string, std::vector<const VirtualService*>> with_subset;  // by host in full
    const auto for_each_destination = [&](auto&& visit) {
        for (const VirtualService& service : model.manifest.virtual_services) {
            if (service.meta.flawed) continue;
            for (const HttpRule& rule : service.http_rules) {
                for (const Destination& to : rule.destinations) {
                    visit(service, to, lookup::full_host(to.host.value, service.meta.ns.value));
                }
            }
        }
    };
    for_each_destination(
        [&](const VirtualService& service, const Destination& to, const std::string& host) {
            const bool own = std::ranges::any_of(service.hosts, [&](const Text& each) {
                return lookup::full_host(each.value, service.meta.ns.value) == host;
            });
            if (own && !to.subset.value.empty()) with_subset[host].push_back(&service);
        });
    for_each_destination([&](const VirtualService& service, const Destination& to,
                             const std::string& host) {
        const auto choosers = with_subset.find(host);
        const bool asks = service.is_for_gateways() && to.subset.value.empty();
        if (!asks || choosers == with_subset.end()) return;
        const auto other = std::ranges::find_if(
            choosers->second, [&](const VirtualService* each) { return each != &service; });
        if (other == choosers->second.end()) return;
        findings.add(Level::warning, code::kSubsetNotAffected, to.host.at,
                     fmt::format("the subsets of VirtualService {} have no effect on what comes "
                                 "through these gateways",
                                 quote((*other)->meta.path())),
                     "its rules hold where it is bound; a gateway that leads to the host itself "
                     "does not ask them",
                     "name the subset here as well");
    });
}

}  // namespace sni::analyze
