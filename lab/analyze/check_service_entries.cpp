// ServiceEntries that a gateway's rules lead to: hosts outside, which have no pods to look for.
#include <set>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/manifest/codes.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;

void check_service_entries(const Model& model, Findings& findings) {
    std::set<Spot> told;
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            const bool entry = target.kind == Target::Kind::service_entry;
            if (!entry || target.problem.empty() || !target.written) continue;
            const Destination& destination = *target.written;
            const bool port = target.missing == Target::Missing::endpoints;
            const Spot at = port || !destination.port ? destination.host.at : destination.port->at;
            if (!told.insert(at).second) continue;
            findings.error(
                port ? manifest::code::kNoEndpoints : manifest::code::kNotFound, at, target.problem,
                port ? "a gateway does not know where the client wanted to go, which is what "
                       "resolution NONE means"
                     : "",
                port ? "write resolution: DNS, or list endpoints" : "add the port to spec.ports");
        }
    }
}

}  // namespace sni::analyze
