// One certificate in two Gateways of the same pods: a client that has an HTTP/2 connection to one
// uses it for the names of the other (pkg/config/analysis/analyzers/gateway/certificate.go).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/pods.h"

namespace sni::analyze {

using namespace manifest;

namespace {

struct Use {
    const Gateway* gateway = nullptr;
    const Text* secret = nullptr;
};

/// Not in a Gateway that selects more pods than this one: what it says is said there.
const Use* other_use(const Use& use, const std::vector<Use>& all) {
    const auto found = std::ranges::find_if(all, [&](const Use& other) {
        return other.gateway != use.gateway &&
               lookup::has_labels(other.gateway->selector.value, use.gateway->selector.value);
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

void check_shared_certificates(const Model& model, Findings& findings) {
    std::map<std::string, std::vector<Use>> uses;
    for (const Gateway& gateway : model.manifest.gateways) {
        for (const Server& server : gateway.servers) {
            for (const Text& secret : server.credentials) {
                uses[secret.value].push_back({&gateway, &secret});
            }
        }
    }
    for (const auto& [name, all] : uses) {
        for (const Use& use : all) {
            const Use* other = other_use(use, all);
            if (!other) continue;
            findings.add(Level::warning, code::kDuplicateCertificate, use.secret->at,
                         fmt::format("Gateway {} names the Secret {}, too",
                                     quote(other->gateway->meta.path()), quote(name)),
                         "a client with HTTP/2 uses one connection for all names of a certificate, "
                         "and gets 404 for those of the other Gateway",
                         "put the servers into one Gateway, or give each a certificate of its own");
        }
    }
}

}  // namespace sni::analyze
